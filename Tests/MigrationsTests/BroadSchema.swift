/// Right entries of every engine and auth method, in the forms that people write values in.
enum BroadSchema {
  static let entries = #"""
    auth/approle:
      type: approle
      config: {default_lease_ttl: 3600, max_lease_ttl: system, listing_visibility: unauth, token_type: batch}
    auth/approle/role/a:
      policies: a,b
      token_bound_cidrs: 10.0.0.0/8
      token_num_uses: "3"
      secret_id_ttl: 0
      bind_secret_id: "true"
      local_secret_ids: false
      bound_cidr_list: [10.0.0.0/8]
    auth/approle/role/a/role-id: {role_id: "${ROLE_ID}"}
    auth/approle/role/a/custom-secret-id: {secret_id: "${SECRET_ID}", metadata: '{"a": "b"}', ttl: 24h}
    auth/cert: {type: cert}
    auth/cert/certs/web: {certificate: "${file:ca.pem}", allowed_common_names: web, lease: 60,
      ocsp_enabled: 0}
    auth/cert/config: {disable_binding: false, ocsp_cache_size: 100}
    auth/jwt: {type: jwt, config: {audit_non_hmac_request_keys: [jwt],
      user_lockout_config: {lockout_threshold: 3}}}
    auth/jwt/config: {jwks_url: "https://example.com/keys", jwt_supported_algs: RS256, provider_config: {}}
    auth/jwt/role/web:
      role_type: jwt
      user_claim: sub
      bound_audiences: web
      bound_claims: {groups: [a, b], level: 3, admin: true}
      claim_mappings: {name: name}
      clock_skew_leeway: -1
      max_age: 10m
      verbose_oidc_logging: "f"
    auth/jwt/cel/role/web: {cel_program: {expression: "true"}, bound_audiences: [web]}
    auth/team/oidc/: {type: oidc}
    auth/team/oidc/role/web: {user_claim: sub, allowed_redirect_uris: "http://localhost",
      oidc_scopes: [email]}
    auth/kubernetes: {type: kubernetes}
    auth/kubernetes/config: {kubernetes_host: "https://10.0.0.1", token_reviewer_jwt: "${REVIEWER}",
      pem_keys: []}
    auth/kubernetes/role/web: {bound_service_account_names: web, bound_service_account_namespaces: ["*"],
      ttl: 1h}
    auth/ldap: {type: ldap}
    auth/ldap/config: {url: "ldap://example.com", userdn: "dc=example", bindpass: "${LDAP}",
      request_timeout: 90}
    auth/ldap/groups/ops: {policies: [a]}
    auth/ldap/users/ann: {policies: a, groups: "x,y"}
    auth/kerberos: {type: kerberos}
    auth/kerberos/config: {keytab: "${KEYTAB}", service_account: web}
    auth/radius: {type: radius}
    auth/radius/config: {host: 127.0.0.1, port: "1812", secret: "${RADIUS}", unregistered_user_policies: a}
    auth/token/roles/ci: {allowed_policies: [a], period: 1d, renewable: 1, path_suffix: x, orphan: true}
    auth/userpass: {type: userpass}
    auth/userpass/users/Ann: {password: "${ANN}", token_ttl: "90", ttl: 0}
    database/: {type: database, description: Logins, options: {anything: goes}}
    database/config/app:
      plugin_name: postgresql-database-plugin
      connection_url: "postgresql://{{username}}:{{password}}@db/postgres"
      max_open_connections: 5
      root_rotation_statements: ["ALTER ROLE"]
      own_key_of_a_plugin: 7
      allowed_roles: "*"
    database/roles/ro: {db_name: app, creation_statements: CREATE ROLE, default_ttl: 1h,
      credential_config: {}}
    database/static-roles/app: {db_name: app, username: app, rotation_period: 86400}
    database/rotate-root/app: {}
    kubernetes/: {type: kubernetes}
    kubernetes/config: {kubernetes_host: "https://10.0.0.1", service_account_jwt: "${JWT}"}
    kubernetes/roles/web: {allowed_kubernetes_namespaces: [a], extra_labels: {a: b}, token_default_ttl: 1h}
    plain/: {type: kv, options: {version: 1}}
    plain/any/thing: {whatever: ["${ONE}", {a: "${B}"}]}
    apps/: {type: kv-v2, options: {version: "2"}}
    apps/config: {max_versions: 5, delete_version_after: 3h25m19s, cas_required: "1"}
    apps/data/web/config: {data: {a: [1], b: {c: d}}, options: {cas: 0}}
    apps/metadata/web/config: {max_versions: "3", custom_metadata: {owner: ann}}
    pki/: {type: pki, config: {max_lease_ttl: 87600h, passthrough_request_headers: [a], force_no_cache: true}}
    pki/root/generate/internal: {common_name: Root, ttl: 87600h, key_type: ec, key_bits: 256,
      ip_sans: 127.0.0.1}
    pki/root/generate/exported#2: {common_name: Root, format: pem_bundle, private_key_format: pkcs8,
      issuer_name: x, save: {private_key: root_key}}
    pki/intermediate/generate/internal: {common_name: Issuing, add_basic_constraints: true,
      save: {csr: issuing_csr}}
    pki/issuers/generate/root/internal: {common_name: Other, not_after: "2030-01-01T00:00:00Z"}
    pki/keys/generate/internal: {key_name: a, key_type: rsa}
    pki/issuers/import/bundle: {pem_bundle: "${file:ca.pem}"}
    pki/config/ca: {pem_bundle: "${CA}"}
    pki/config/urls: {issuing_certificates: ["https://x"], enable_templating: false}
    pki/config/crl: {expiry: 72h, auto_rebuild: true, delta_rebuild_interval: 15m}
    pki/config/cluster: {path: "https://x/v1/pki", aia_path: "https://x"}
    pki/config/acme: {enabled: true, allowed_roles: ["*"], eab_policy: not-required}
    pki/config/auto-tidy: {enabled: true, tidy_cert_store: true, safety_buffer: 72h, pause_duration: 1s}
    pki/config/issuers: {default: root, default_follows_latest_issuer: false}
    pki/issuer/root: {issuer_name: root, leaf_not_after_behavior: err,
      usage: "read-only,issuing-certificates"}
    pki/roles/web: {allowed_domains: example.com, max_ttl: 72h, key_type: any, not_before_bound: permit,
      ou: [a]}
    pki/acme/new-eab: {save: {key: eab_key, id: eab_id}, unless: pki/eab, at_most_once: true}
    rabbitmq/: {type: rabbitmq}
    rabbitmq/config/connection: {connection_uri: "http://x", username: a, password: "${RABBIT}"}
    rabbitmq/roles/web: {vhosts: '{"/": {"read": ".*"}}', tags: a}
    ssh/: {type: ssh}
    ssh/config/ca: {generate_signing_key: true, key_type: ed25519}
    ssh/roles/web: {key_type: ca, allowed_users: "*", default_extensions: {permit-pty: ""}, ttl: 30m,
      default_user: a}
    totp/: {type: totp}
    totp/keys/ann: {url: "${TOTP}"}
    transit/: {type: transit}
    transit/keys/orders: {type: aes256-gcm96, derived: "false", auto_rotate_period: 30d}
    transit/keys/orders/config: {min_decryption_version: 1, deletion_allowed: true}
    transit/keys/orders/rotate: {}
    transit/config/keys: {disable_upsert: true}
    directory/: {type: ldap}
    directory/config: {binddn: a, bindpass: "${LDAP}", url: "ldaps://x", schema: openldap, password_policy: a}
    directory/static-role/web: {dn: "cn=web", username: web, rotation_period: 24h}
    own/: {type: plugin-of-ours, options: {a: b}}
    own/config: {anything: goes}
    identity/entity/name/ann: {policies: a, metadata: {a: 1}, disabled: false}
    identity/entity-alias: {name: ann, canonical_id: "${ANN_ID}", mount_accessor: "${JWT_ACCESSOR}"}
    identity/group/name/ops: {type: external, policies: [a], member_entity_ids: []}
    identity/oidc/key/main: {algorithm: ES256, rotation_period: 24h, allowed_client_ids: "*"}
    identity/oidc/client/web: {redirect_uris: ["https://x"], assignments: allow_all, key: main,
      id_token_ttl: 30m}
    identity/oidc/provider/main: {scopes_supported: [groups], allowed_client_ids: ["*"]}
    identity/oidc/scope/groups: {template: '{"groups": {{identity.entity.groups.names}}}', description: x}
    identity/oidc/role/web: {key: main, ttl: 1h, template: "{}"}
    identity/mfa/method/totp: {issuer: x, period: 30, digits: 6, algorithm: SHA256, method_name: main}
    identity/mfa/login-enforcement/all: {mfa_method_ids: ["${METHOD_ID}"], auth_method_types: [userpass]}
    sys/policies/acl/a: {policies: [{path: {"secret/*": {capabilities: [read]}}}]}
    sys/policies/acl/b: {policy: "# b", cas: 0}
    sys/policies/password/a: {policy: "length = 20"}
    sys/quotas/rate-limit/all: {rate: 1000, interval: 1s, path: auth/}
    sys/config/cors: {allowed_origins: "*", allowed_headers: [a], enable: true}
    sys/config/ui/headers/X-Frame-Options: {values: [DENY]}
    sys/config/auditing/request-headers/X-Real: {hmac: true}
    sys/rotate/config: {enabled: true, interval: 720h, max_operations: 4000000}
    sys/audit/file: {type: file, options: {file_path: /var/log/audit.log}, description: x}
    sys/namespaces/team: {custom_metadata: {owner: ann}}
    sys/plugins/catalog/secret/own: {sha256: abc, command: own, args: [a], version: 1.0.0}
    """#
}
