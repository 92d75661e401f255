#include "resources.h"

static const unsigned char catalogue[] = {
#embed "../Catalogue/catalogue.yaml"
};
static const unsigned char fields[] = {
#embed "../Catalogue/fields.yaml"
};
static const unsigned char config_template[] = {
#embed "../../templates/config.yaml"
};
static const unsigned char schema_template[] = {
#embed "../../templates/schema.yaml"
};
static const unsigned char gitignore_template[] = {
#embed "../../templates/.gitignore"
};

#define RESOURCE(path, bytes) {path, bytes, sizeof bytes}

static const struct vm_resource table[] = {
    RESOURCE("catalogue.yaml", catalogue),
    RESOURCE("fields.yaml", fields),
    RESOURCE("templates/config.yaml", config_template),
    RESOURCE("templates/schema.yaml", schema_template),
    RESOURCE("templates/.gitignore", gitignore_template),
};
const size_t vm_resources_count = sizeof table / sizeof table[0];

const struct vm_resource *vm_resources_table(void) { return table; }
