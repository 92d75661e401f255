#include "reference.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

double cpu(void) {
  struct timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

struct span span_begin(void) { return (struct span){now(), cpu()}; }

void span_print(struct span begin) {
  printf("\"seconds\": %.6f, \"cpu_seconds\": %.6f", now() - begin.wall, cpu() - begin.cpu);
}

void require(int condition, const char *what, const char *detail) {
  if (condition) return;
  fprintf(stderr, "reference: %s%s%s\n", what, detail ? ": " : "", detail ? detail : "");
  exit(1);
}

void *allocate(size_t size) {
  void *memory = calloc(1, size ? size : 1);
  require(memory != NULL, "out of memory", NULL);
  return memory;
}

struct bytes read_file(const char *path) {
  FILE *file = fopen(path, "rb");
  require(file != NULL, "cannot open", path);
  require(fseek(file, 0, SEEK_END) == 0, "cannot seek in", path);
  long size = ftell(file);
  require(size >= 0, "cannot measure", path);
  rewind(file);
  struct bytes bytes = {allocate((size_t)size + 1), (size_t)size};
  require(fread(bytes.data, 1, bytes.size, file) == bytes.size, "cannot read", path);
  fclose(file);
  return bytes;
}

int main(int count, char **arguments) {
  const struct {
    const char *name;
    int (*run)(int, char **);
  } programs[] = {
      {"http", http_main},     {"proxy", proxy_main},   {"yaml", yaml_main},       {"hash", hash_main},
      {"pack", pack_main},     {"update", update_main}, {"compare", compare_main},
  };
  for (size_t i = 0; count > 1 && i < sizeof programs / sizeof *programs; i++) {
    if (strcmp(arguments[1], programs[i].name) == 0) return programs[i].run(count - 2, arguments + 2);
  }
  fprintf(stderr, "usage: reference http|proxy|yaml|hash|pack|update|compare …\n");
  return 64;
}
