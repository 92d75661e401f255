#include "resources.h"

static const unsigned char catalogue[] = {
#embed "../Catalogue/catalogue.yaml"
};

#define RESOURCE(path, bytes) {path, bytes, sizeof bytes}

static const struct vm_resource table[] = {
    RESOURCE("catalogue.yaml", catalogue),
};
const size_t vm_resources_count = sizeof table / sizeof table[0];

const struct vm_resource *vm_resources_table(void) { return table; }
