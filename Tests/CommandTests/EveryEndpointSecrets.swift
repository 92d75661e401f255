extension EveryEndpoint {
  /// Secrets engines.
  static let secrets = #"""
    - of: database/config/{name}
      at: database/config/shop
      base:
        plugin_name: postgresql-database-plugin
        connection_url: "postgresql://{{username}}:{{password}}@127.0.0.1:1/shop"
        username: shop
        verify_connection: false
      fields:
        allowed_roles: [reader, writer]
        disable_escaping: true
        max_connection_lifetime: 30s
        max_idle_connections: 2
        max_open_connections: "7"
        password: database-password
        password_authentication: scram-sha-256
        password_policy: long
        root_rotation_statements: ["ALTER ROLE a;", "ALTER ROLE b;"]
        username_template: "v-{{.RoleName}}"
      stays: [password]
      other: {root_rotation_statements: ["ALTER ROLE b;", "ALTER ROLE a;"], password_authentication: password, plugin_name: mysql-database-plugin, max_connection_lifetime: 31s}
    - of: database/roles/{name}
      at: database/roles/reader
      base: {db_name: shop, creation_statements: ["CREATE ROLE a;", "GRANT b;"]}
      fields:
        credential_config: {password_policy: long}
        credential_type: password
        default_ttl: 1h
        max_ttl: "86400"
        renew_statements: ["RENEW a;"]
        revocation_statements: ["DROP b;", "DROP a;"]
        rollback_statements: ["ROLLBACK;"]
      other: {creation_statements: ["GRANT b;", "CREATE ROLE a;"],
        revocation_statements: ["DROP a;", "DROP b;"], credential_config: {password_policy: short}, credential_type: rsa_private_key}
    - of: kubernetes/config
      at: kubernetes/config
      base: {kubernetes_host: "https://k8s.example.com"}
      fields: {disable_local_ca_jwt: true, kubernetes_ca_cert: "@{ca}", service_account_jwt: "@{jwt}"}
      stays: [service_account_jwt]
      other: {kubernetes_ca_cert: "@{ca2}"}
    - of: kubernetes/roles/{name}
      at: kubernetes/roles/web
      base: {allowed_kubernetes_namespaces: [apps, web], service_account_name: web}
      fields:
        allowed_kubernetes_namespace_selector: '{"matchLabels": {"team": "web"}}'
        extra_annotations: {owner: web}
        extra_labels: {team: web, tier: one}
        name_template: "v-{{.RoleName}}"
        token_default_audiences: [web, api]
        token_default_ttl: 10m
        token_max_ttl: 1h
    - of: kubernetes/roles/{name}
      at: kubernetes/roles/cluster
      base: {allowed_kubernetes_namespaces: ["*"], kubernetes_role_name: admin}
      fields: {kubernetes_role_type: ClusterRole}
      other: {kubernetes_role_type: Role}
    - of: kubernetes/roles/{name}
      at: kubernetes/roles/ruled
      base: {allowed_kubernetes_namespaces: ["*"], generated_role_rules: '{"rules": [{"verbs": ["get"]}]}'}
    - of: ldap/config
      at: ldap/config
      plugin: secret/ldap
      with: ldap
      base: {binddn: "cn=admin,dc=example,dc=com", url: "ldaps://ldap.example.com"}
      fields: {password_policy: long, schema: ad, skip_static_role_import_rotation: true}
      other: {certificate: "@{ca2}", schema: racf, tls_max_version: tls12, tls_min_version: tls10}
    - of: ldap/role/{name}
      at: ldap/role/web
      plugin: secret/ldap
      base:
        creation_ldif: "dn: cn={{.Username}},ou=users\nobjectClass: person\nsn: x\n"
        deletion_ldif: "dn: cn={{.Username}},ou=users\nchangetype: delete\n"
      fields:
        default_ttl: 1h
        max_ttl: "86400"
        rollback_ldif: "dn: cn={{.Username}},ou=users\nchangetype: delete\n"
        username_template: "v-{{.RoleName}}"
      other:
        creation_ldif: "dn: cn={{.Username}},ou=other\nobjectClass: person\nsn: x\n"
        deletion_ldif: "dn: cn={{.Username}},ou=other\nchangetype: delete\n"
        rollback_ldif: "dn: cn={{.Username}},ou=other\nchangetype: delete\n"
    - of: rabbitmq/config/lease
      at: rabbitmq/config/lease
      fields: {max_ttl: 2h, ttl: "3600"}
      stays: [ttl]
    - of: rabbitmq/roles/{name}
      at: rabbitmq/roles/web
      fields:
        tags: "monitoring,policymaker"
        vhost_topics: '{"/": {"amq.topic": {"read": ".*", "write": ".*"}}}'
        vhosts: '{"/": {"configure": ".*", "write": ".*", "read": ".*"}}'
      stays: [tags]
      other: {vhosts: '{"/": {"read": "a"}}', vhost_topics: '{"/": {"amq.topic": {"read": "a"}}}'}
    - of: secret/config
      at: secret/config
      fields: {cas_required: true, delete_version_after: 1h30m, max_versions: 7, metadata_cas_required: true}
      other: {delete_version_after: 2h}
    - of: secret/metadata/{path}
      at: kv/metadata/web/config
      fields:
        cas_required: true
        custom_metadata: {owner: web, tier: "1"}
        delete_version_after: 90m
        max_versions: 5
      other: {delete_version_after: 2h}
    - of: secret/metadata/{path}
      at: kv/metadata/web/strict
      fields: {metadata_cas_required: true}
    - of: ssh/config/zeroaddress
      at: ssh/config/zeroaddress
      fields: {roles: [otp]}
      stays: [roles]
      other: {roles: [otp-too]}
    - of: ssh/roles/{role}
      at: ssh/roles/otp
      base: {key_type: otp, default_user: ubuntu}
      fields:
        allowed_users: "ubuntu,admin"
        cidr_list: "10.0.0.0/8,192.168.0.0/16"
        exclude_cidr_list: 10.1.0.0/16
        port: 2222
      other: {cidr_list: "11.0.0.0/8", exclude_cidr_list: "11.1.0.0/16"}
    - of: ssh/roles/{role}
      at: ssh/roles/otp-too
      base: {key_type: otp, default_user: ubuntu}
      other: {cidr_list: "11.0.0.0/8", exclude_cidr_list: "11.1.0.0/16"}
    - of: ssh/roles/{role}
      at: ssh/roles/ca
      since: {allow_wildcards_in_identity_templates: "2.7"}
      base: {key_type: ca, allow_user_certificates: true}
      fields:
        algorithm_signer: rsa-sha2-512
        allow_bare_domains: true
        allow_commas_in_identity_templates: true
        allow_empty_principals: true
        allow_host_certificates: true
        allow_subdomains: true
        allow_user_key_ids: true
        allow_wildcards_in_identity_templates: true
        allowed_critical_options: force-command
        allowed_domains: "example.com,example.org"
        allowed_domains_template: true
        allowed_extensions: "permit-pty,permit-port-forwarding"
        allowed_user_key_lengths: {rsa: 2048, ec: [256, 384]}
        allowed_users: "ubuntu,admin"
        allowed_users_template: true
        default_critical_options: {force-command: /bin/true}
        default_extensions: {permit-pty: ""}
        default_extensions_template: true
        default_user: ubuntu
        default_user_template: true
        issuer_ref: default
        key_id_format: "{{token_display_name}}"
        max_ttl: 72h
        not_before_duration: 40s
        ttl: "3600"
      other: {key_type: otp, algorithm_signer: rsa-sha2-256, allowed_user_key_lengths: {rsa: [4096]}}
    - of: totp/keys/{name}
      at: totp/keys/imported
      base: {account_name: alice, issuer: Example, key: Y64VEVMBTSXCYIWRSHRNDZW62MPGVU2G}
      fields: {algorithm: SHA256, digits: 8, period: 60, skew: 0}
      other: {algorithm: SHA512, digits: 6}
    - of: totp/keys/{name}
      at: totp/keys/made
      base: {account_name: alice, issuer: Example, generate: true, exported: true, key_size: 30, qr_size: 100}
    - of: totp/keys/{name}
      at: totp/keys/scanned
      base: {url: "otpauth://totp/Example:bob?secret=Y64VEVMBTSXCYIWRSHRNDZW62MPGVU2G&issuer=Example"}
    - of: transit/cache-config
      at: transit/cache-config
      fields: {size: 500}
      stays: [size]
    - of: transit/config/keys
      at: transit/config/keys
      fields: {disable_upsert: true}
    - of: transit/keys/{name}
      at: transit/keys/web
      fields:
        allow_plaintext_backup: true
        auto_rotate_period: 720h
        convergent_encryption: true
        derived: true
        exportable: true
        type: aes128-gcm96
    - of: transit/keys/{name}
      at: transit/keys/mac
      fields: {key_size: 64, type: hmac}
    - of: transit/keys/{name}/config
      at: transit/keys/prepared/config
      fields:
        allow_plaintext_backup: true
        auto_rotate_period: 800h
        deletion_allowed: true
        exportable: true
        min_decryption_version: 2
        min_encryption_version: 2
      other: {min_encryption_version: 3}
    """#
}
