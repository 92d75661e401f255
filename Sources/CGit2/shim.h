#include <git2.h>
// git_commit_create_from_ids: a commit without looking its tree and parents up first.
#include <git2/sys/commit.h>
// The packs that we write ourselves; zlib comes with libgit2, which cannot work without it.
#include <zlib.h>

// Swift cannot call variadic functions, so each kind of library option that we set has a function here.

static inline int git2_shim_option_int(int option, int value) {
  return git_libgit2_opts(option, value);
}

static inline int git2_shim_option_extensions(const char **extensions, size_t count) {
  return git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, extensions, count);
}

static inline int git2_shim_option_certificates(const char *file, const char *directory) {
  return git_libgit2_opts(GIT_OPT_SET_SSL_CERT_LOCATIONS, file, directory);
}

// deflateInit is a macro.
static inline int zlib_shim_deflate_init(z_stream *stream, int level) {
  return deflateInit(stream, level);
}
