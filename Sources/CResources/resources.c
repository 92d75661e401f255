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

static const unsigned char pre_commit[] = {
#embed "../../hooks/pre-commit"
};
static const unsigned char pre_push[] = {
#embed "../../hooks/pre-push"
};
static const unsigned char post_merge[] = {
#embed "../../hooks/post-merge"
};
static const unsigned char post_receive[] = {
#embed "../../hooks/post-receive"
};

#define RESOURCE(path, bytes) {path, bytes, sizeof bytes}

static const struct vm_resource table[] = {
    RESOURCE("catalogue.yaml", catalogue),
    RESOURCE("fields.yaml", fields),
    RESOURCE("templates/config.yaml", config_template),
    RESOURCE("templates/schema.yaml", schema_template),
    RESOURCE("templates/.gitignore", gitignore_template),
    RESOURCE("hooks/pre-commit", pre_commit),
    RESOURCE("hooks/pre-push", pre_push),
    RESOURCE("hooks/post-merge", post_merge),
    RESOURCE("hooks/post-receive", post_receive),
};
const size_t vm_resources_count = sizeof table / sizeof table[0];

const struct vm_resource *vm_resources_table(void) { return table; }
