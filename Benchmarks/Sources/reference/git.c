// Floors of git's storage: a state tree written as one streamed pack, a few files changed in it, two trees compared.
#include "reference.h"

#include <git2.h>
#include <git2/sys/commit.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

struct object {
  git_oid id;
  git_object_t type;
  git_odb_object *content;
};

struct objects {
  struct object *items;
  size_t count, capacity;
};

static void check(int result, const char *what) {
  const git_error *error = git_error_last();
  require(result >= 0, what, error ? error->message : NULL);
}

static git_repository *start(const char *path) {
  git_libgit2_init();
  check(git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1), "fsync");
  git_repository *repository;
  check(git_repository_open_bare(&repository, path), path);
  return repository;
}

static git_tree *tree_of(git_repository *repository, const char *revision) {
  git_object *object, *tree;
  check(git_revparse_single(&object, repository, revision), revision);
  check(git_object_peel(&tree, object, GIT_OBJECT_TREE), revision);
  git_object_free(object);
  return (git_tree *)tree;
}

static void collect(git_repository *repository, const git_oid *id, git_object_t type, struct objects *objects) {
  if (objects->count == objects->capacity) {
    objects->capacity = objects->capacity ? 2 * objects->capacity : 1024;
    objects->items = realloc(objects->items, objects->capacity * sizeof *objects->items);
    require(objects->items != NULL, "out of memory", NULL);
  }
  objects->items[objects->count++] = (struct object){*id, type, NULL};
  if (type != GIT_OBJECT_TREE) return;
  git_tree *tree;
  check(git_tree_lookup(&tree, repository, id), "read a tree");
  for (size_t i = 0; i < git_tree_entrycount(tree); i++) {
    const git_tree_entry *entry = git_tree_entry_byindex(tree, i);
    collect(repository, git_tree_entry_id(entry), git_tree_entry_type(entry), objects);
  }
  git_tree_free(tree);
}

static int by_id(const void *left, const void *right) {
  return git_oid_cmp(&((const struct object *)left)->id, &((const struct object *)right)->id);
}

/// Everything that a tree holds, once each, in memory.
static struct objects load(git_repository *repository, const git_oid *root) {
  struct objects objects = {0};
  git_odb *database;
  check(git_repository_odb(&database, repository), "open the objects");
  collect(repository, root, GIT_OBJECT_TREE, &objects);
  qsort(objects.items, objects.count, sizeof *objects.items, by_id);
  size_t unique = 0;
  for (size_t i = 0; i < objects.count; i++) {
    if (unique > 0 && git_oid_equal(&objects.items[unique - 1].id, &objects.items[i].id)) continue;
    objects.items[unique] = objects.items[i];
    check(git_odb_read(&objects.items[unique].content, database, &objects.items[i].id), "read an object");
    unique++;
  }
  objects.count = unique;
  git_odb_free(database);
  return objects;
}

/// The bytes of a pack on their way to the indexer, with their checksum.
struct stream {
  git_indexer *indexer;
  git_indexer_progress progress;
  EVP_MD_CTX *digest;
  unsigned char *data;
  size_t size, capacity;
};

static void flush_stream(struct stream *stream) {
  EVP_DigestUpdate(stream->digest, stream->data, stream->size);
  check(git_indexer_append(stream->indexer, stream->data, stream->size, &stream->progress), "index");
  stream->size = 0;
}

static void put_object(struct stream *stream, z_stream *deflater, struct object *object) {
  size_t size = git_odb_object_size(object->content), bound = deflateBound(deflater, size) + 16;
  if (stream->size + bound > stream->capacity) flush_stream(stream);
  if (bound > stream->capacity) {
    stream->data = realloc(stream->data, stream->capacity = bound);
    require(stream->data != NULL, "out of memory", NULL);
  }
  // The writer of new objects has to name them, which is a hash of each.
  git_oid id;
  check(git_odb_hash(&id, git_odb_object_data(object->content), size, object->type), "hash");
  unsigned char *at = stream->data + stream->size;
  size_t rest = size >> 4;
  *at = (unsigned char)(object->type << 4 | (size & 15) | (rest ? 0x80 : 0));
  for (at++; rest; rest >>= 7) *at++ = (unsigned char)((rest & 0x7f) | (rest >> 7 ? 0x80 : 0));
  deflateReset(deflater);
  deflater->next_in = (unsigned char *)git_odb_object_data(object->content);
  deflater->avail_in = (unsigned)size;
  deflater->next_out = at;
  deflater->avail_out = (unsigned)bound;
  require(deflate(deflater, Z_FINISH) == Z_STREAM_END, "zlib could not compress", NULL);
  stream->size = (size_t)(deflater->next_out - stream->data);
}

static void write_pack(git_repository *target, struct objects objects) {
  char folder[4096];
  snprintf(folder, sizeof folder, "%sobjects/pack", git_repository_path(target));
  struct stream stream = {.capacity = 1 << 18, .digest = EVP_MD_CTX_new()};
  stream.data = allocate(stream.capacity);
  EVP_DigestInit_ex(stream.digest, EVP_sha1(), NULL);
  check(git_indexer_new(&stream.indexer, folder, 0, NULL, NULL), "start the indexer");
  z_stream deflater = {0};
  require(deflateInit(&deflater, 1) == Z_OK, "zlib did not start", NULL);
  uint32_t count = __builtin_bswap32((uint32_t)objects.count);
  memcpy(stream.data, "PACK\0\0\0\2", 8);
  memcpy(stream.data + 8, &count, 4);
  stream.size = 12;
  for (size_t i = 0; i < objects.count; i++) put_object(&stream, &deflater, &objects.items[i]);
  flush_stream(&stream);
  unsigned char digest[EVP_MAX_MD_SIZE];
  EVP_DigestFinal_ex(stream.digest, digest, NULL);
  check(git_indexer_append(stream.indexer, digest, 20, &stream.progress), "index");
  check(git_indexer_commit(stream.indexer, &stream.progress), "finish the pack");
  git_indexer_free(stream.indexer);
  deflateEnd(&deflater);
  EVP_MD_CTX_free(stream.digest);
}

static void write_commit(git_repository *repository, const git_oid *tree, const char *reference) {
  git_signature *who;
  git_oid commit;
  git_reference *made;
  check(git_signature_new(&who, "Reference", "reference@example.com", 1700000000, 0), "signature");
  check(git_commit_create_from_ids(&commit, repository, NULL, who, who, NULL, "state", tree, 0, NULL), "commit");
  check(git_reference_create(&made, repository, reference, &commit, 1, "state"), "reference");
  git_reference_free(made);
  git_signature_free(who);
}

/// `pack SOURCE REVISION TARGET`: writes the tree of a commit of one repository into another one, as new objects.
int pack_main(int count, char **arguments) {
  require(count == 3, "usage: pack SOURCE REVISION TARGET", NULL);
  git_repository *source = start(arguments[0]), *target;
  const git_oid root = *git_tree_id(tree_of(source, arguments[1]));
  struct objects objects = load(source, &root);
  struct span begin = span_begin();
  check(git_repository_open_bare(&target, arguments[2]), arguments[2]);
  write_pack(target, objects);
  git_odb *database;
  check(git_repository_odb(&database, target), "open the objects");
  check(git_odb_refresh(database), "find the pack");
  write_commit(target, &root, "refs/heads/state");
  printf("{");
  span_print(begin);
  printf(", \"objects\": %zu}\n", objects.count);
  return 0;
}

/// `update REPOSITORY REVISION PATH…`: commits new contents of some files.
int update_main(int count, char **arguments) {
  require(count > 2, "usage: update REPOSITORY REVISION PATH…", NULL);
  struct span begin = span_begin();
  git_repository *repository = start(arguments[0]);
  git_tree *tree = tree_of(repository, arguments[1]);
  size_t files = (size_t)count - 2;
  git_tree_update *updates = allocate(files * sizeof *updates);
  for (size_t i = 0; i < files; i++) {
    char text[64];
    int length = snprintf(text, sizeof text, "changed: %zu at %.9f\n", i, now());
    updates[i] = (git_tree_update){.action = GIT_TREE_UPDATE_UPSERT, .filemode = GIT_FILEMODE_BLOB};
    updates[i].path = arguments[2 + i];
    check(git_blob_create_from_buffer(&updates[i].id, repository, text, (size_t)length), "blob");
  }
  git_oid changed;
  check(git_tree_create_updated(&changed, repository, tree, files, updates), "update the tree");
  write_commit(repository, &changed, "refs/heads/reference");
  printf("{");
  span_print(begin);
  printf(", \"files\": %zu}\n", files);
  return 0;
}

static size_t differences(git_repository *repository, const git_oid *left, const git_oid *right) {
  if (git_oid_equal(left, right)) return 0;
  git_tree *old, *new;
  check(git_tree_lookup(&old, repository, left), "read a tree");
  check(git_tree_lookup(&new, repository, right), "read a tree");
  size_t found = 0, i = 0, j = 0;
  while (i < git_tree_entrycount(old) || j < git_tree_entrycount(new)) {
    const git_tree_entry *a = git_tree_entry_byindex(old, i), *b = git_tree_entry_byindex(new, j);
    int order = !a ? 1 : !b ? -1 : git_tree_entry_cmp(a, b);
    if (order != 0) {
      found++;
    } else if (git_tree_entry_type(a) == GIT_OBJECT_TREE && git_tree_entry_type(b) == GIT_OBJECT_TREE) {
      found += differences(repository, git_tree_entry_id(a), git_tree_entry_id(b));
    } else {
      found += !git_oid_equal(git_tree_entry_id(a), git_tree_entry_id(b));
    }
    i += order <= 0, j += order >= 0;
  }
  git_tree_free(old);
  git_tree_free(new);
  return found;
}

/// `compare REPOSITORY REVISION REVISION`: counts files that differ, and enters no tree that is equal.
int compare_main(int count, char **arguments) {
  require(count == 3, "usage: compare REPOSITORY REVISION REVISION", NULL);
  struct span begin = span_begin();
  git_repository *repository = start(arguments[0]);
  git_tree *old = tree_of(repository, arguments[1]), *new = tree_of(repository, arguments[2]);
  size_t found = differences(repository, git_tree_id(old), git_tree_id(new));
  printf("{");
  span_print(begin);
  printf(", \"differences\": %zu}\n", found);
  return 0;
}
