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

static const unsigned char ci_install[] = {
#embed "../../templates/ci/install"
};
static const unsigned char ci_verify[] = {
#embed "../../templates/ci/verify"
};
static const unsigned char ci_reviewed[] = {
#embed "../../templates/ci/reviewed"
};
static const unsigned char ci_plan[] = {
#embed "../../templates/ci/plan"
};
static const unsigned char ci_comment[] = {
#embed "../../templates/ci/comment"
};
static const unsigned char ci_propose_rollback[] = {
#embed "../../templates/ci/propose-rollback"
};
static const unsigned char github_check[] = {
#embed "../../templates/github/check.yml"
};
static const unsigned char github_sync[] = {
#embed "../../templates/github/sync.yml"
};
static const unsigned char github_drift[] = {
#embed "../../templates/github/drift.yml"
};
static const unsigned char github_rollback[] = {
#embed "../../templates/github/rollback.yml"
};
static const unsigned char gitlab_gitlab_ci[] = {
#embed "../../templates/gitlab/gitlab-ci.yml"
};
static const unsigned char gitlab_vault_migrations[] = {
#embed "../../templates/gitlab/vault-migrations.yml"
};
static const unsigned char jenkins_jenkinsfile[] = {
#embed "../../templates/jenkins/Jenkinsfile"
};
static const unsigned char kubernetes_vault_migrations[] = {
#embed "../../templates/kubernetes/vault-migrations.yaml"
};
static const unsigned char kubernetes_vault_migrations_sync[] = {
#embed "../../templates/kubernetes/vault-migrations-sync.yaml"
};
static const unsigned char lint_page[] = {
#embed "../../docs/lint.md"
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
    RESOURCE("templates/ci/install", ci_install),
    RESOURCE("templates/ci/verify", ci_verify),
    RESOURCE("templates/ci/reviewed", ci_reviewed),
    RESOURCE("templates/ci/plan", ci_plan),
    RESOURCE("templates/ci/comment", ci_comment),
    RESOURCE("templates/ci/propose-rollback", ci_propose_rollback),
    RESOURCE("templates/github/check.yml", github_check),
    RESOURCE("templates/github/sync.yml", github_sync),
    RESOURCE("templates/github/drift.yml", github_drift),
    RESOURCE("templates/github/rollback.yml", github_rollback),
    RESOURCE("templates/gitlab/gitlab-ci.yml", gitlab_gitlab_ci),
    RESOURCE("templates/gitlab/vault-migrations.yml", gitlab_vault_migrations),
    RESOURCE("templates/jenkins/Jenkinsfile", jenkins_jenkinsfile),
    RESOURCE("templates/kubernetes/vault-migrations.yaml", kubernetes_vault_migrations),
    RESOURCE("templates/kubernetes/vault-migrations-sync.yaml", kubernetes_vault_migrations_sync),
    RESOURCE("docs/lint.md", lint_page),
    RESOURCE("hooks/pre-commit", pre_commit),
    RESOURCE("hooks/pre-push", pre_push),
    RESOURCE("hooks/post-merge", post_merge),
    RESOURCE("hooks/post-receive", post_receive),
};
const size_t vm_resources_count = sizeof table / sizeof table[0];

const struct vm_resource *vm_resources_table(void) { return table; }
