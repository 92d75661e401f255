#ifndef VAULT_MIGRATIONS_RESOURCES_H
#define VAULT_MIGRATIONS_RESOURCES_H

#include <stddef.h>

/// A file of the repository that the binary carries.
struct vm_resource {
  const char *path;
  const unsigned char *bytes;
  size_t size;
};

/// The first of `vm_resources_count` files.
const struct vm_resource *vm_resources_table(void);
extern const size_t vm_resources_count;

#endif
