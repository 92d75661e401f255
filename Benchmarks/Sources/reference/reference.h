#ifndef REFERENCE_H
#define REFERENCE_H

#include <stddef.h>
#include <stdint.h>

/// What the limit is measured with: plain C programs that do a part of the tool's work and nothing else.
/// Each takes its arguments behind its own name, prints one JSON object, and returns an exit status.
int http_main(int count, char **arguments);
int proxy_main(int count, char **arguments);
int yaml_main(int count, char **arguments);
int hash_main(int count, char **arguments);
int pack_main(int count, char **arguments);
int update_main(int count, char **arguments);
int compare_main(int count, char **arguments);

/// Seconds of a clock that only goes forward.
double now(void);
/// Seconds of CPU that this process took, its own and the kernel's for it.
double cpu(void);

/// A stretch of work.
struct span {
  double wall, cpu;
};
struct span span_begin(void);
/// Prints `"seconds": …, "cpu_seconds": …` for what went by since.
void span_print(struct span begin);

/// Ends the program with a message if the condition does not hold.
void require(int condition, const char *what, const char *detail);
void *allocate(size_t size);

/// A whole file in memory, with a NUL behind it.
struct bytes {
  char *data;
  size_t size;
};
struct bytes read_file(const char *path);

#endif
