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
      other: {password_authentication: password, plugin_name: mysql-database-plugin, max_connection_lifetime: 31s}
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
      other: {credential_config: {password_policy: short}, credential_type: rsa_private_key}
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
    - of: ldap/config
      at: ldap/config
      plugin: secret/ldap
      with: ldap
      base: {binddn: "cn=admin,dc=example,dc=com", url: "ldaps://ldap.example.com"}
      fields: {password_policy: long, schema: ad, skip_static_role_import_rotation: true}
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
    - of: pki/cel/roles/{name}
      at: pki/cel/roles/web
      fields: {cel_program: {expression: "true"}}
      stays: [cel_program]
      other: {cel_program: {expression: "false"}}
    - of: pki/config/acme
      at: pki/config/acme
      fields:
        allow_role_ext_key_usage: true
        allowed_issuers: ["@{pki_issuer}"]
        allowed_roles: [web]
        default_directory_policy: role:web
        dns_resolver: 127.0.0.1:53
        eab_policy: always-required
        enabled: true
      other: {allowed_issuers: ["*"], allowed_roles: ["*"], default_directory_policy: forbid,
        dns_resolver: "127.0.0.1:54", eab_policy: not-required}
    - of: pki/config/auto-tidy
      at: pki/config/auto-tidy
      fields:
        acme_account_safety_buffer: 800h
        enabled: true
        interval_duration: 13h
        issuer_safety_buffer: 9000h
        maintain_stored_certificate_counts: true
        page_size: 500
        pause_duration: 7s
        publish_stored_certificate_count_metrics: true
        revoked_safety_buffer: 80h
        safety_buffer: 81h
        tidy_acme: true
        tidy_cert_store: true
        tidy_expired_issuers: true
        tidy_invalid_certs: true
        tidy_move_legacy_ca_bundle: true
        tidy_revocation_list: true
        tidy_revoked_cert_issuer_associations: true
        tidy_revoked_certs: true
      other: {pause_duration: 8s, maintain_stored_certificate_counts: false,
        maintain_stored_certificate_counts+: {publish_stored_certificate_count_metrics: false}}
    - of: pki/config/cluster
      at: pki/config/cluster
      fields: {aia_path: "https://cdn.example.com/pki", path: "https://vault.example.com/v1/pki"}
    - of: pki/config/crl
      at: pki/config/crl
      fields:
        allow_expired_cert_revocation: true
        auto_rebuild: true
        auto_rebuild_grace_period: 10h
        delta_rebuild_interval: 20m
        disable: true
        enable_delta: true
        expiry: 1d
        ocsp_disable: true
        ocsp_expiry: 3600s
      other: {auto_rebuild: false, auto_rebuild+: {enable_delta: false}, auto_rebuild_grace_period: 11h, delta_rebuild_interval: 21m, expiry: 25h, ocsp_expiry: 2h}
    - of: pki/config/issuers
      at: pki/config/issuers
      base: {default: "@{pki_issuer}"}
      fields: {default_follows_latest_issuer: true}
      other: {default: "@{pki_issuer2}"}
    - of: pki/config/urls
      at: pki/config/urls
      fields:
        crl_distribution_points: ["https://pki.example.com/crl"]
        delta_crl_distribution_points: ["https://pki.example.com/delta"]
        enable_templating: true
        issuing_certificates: ["https://pki.example.com/ca", "https://pki2.example.com/ca"]
        ocsp_servers: "https://ocsp.example.com"
    - of: pki/issuer/{issuer_ref}
      at: pki/issuer/@{pki_issuer2}
      prepared: true
      base: {issuer_name: second}
      fields:
        crl_distribution_points: ["https://pki.example.com/crl"]
        delta_crl_distribution_points: ["https://pki.example.com/delta"]
        enable_aia_url_templating: true
        issuing_certificates: ["https://pki.example.com/ca"]
        leaf_not_after_behavior: truncate
        manual_chain: ["@{pki_issuer2}", "@{pki_issuer}"]
        ocsp_servers: ["https://ocsp.example.com"]
        revocation_signature_algorithm: SHA384WithRSA
        usage: "read-only,issuing-certificates,crl-signing"
      other: {leaf_not_after_behavior: permit, manual_chain: ["@{pki_issuer2}"], usage: "read-only",
        revocation_signature_algorithm: SHA512WithRSA}
    - of: pki/roles/{name}
      at: pki/roles/web
      fields:
        allow_any_name: true
        allow_bare_domains: true
        allow_glob_domains: true
        allow_globs_in_identity_templates: true
        allow_ip_sans: false
        allow_localhost: false
        allow_subdomains: true
        allow_wildcard_certificates: false
        allowed_domains: "example.com,example.org"
        allowed_domains_template: true
        allowed_ip_sans_cidr: [10.0.0.0/8]
        allowed_other_sans: ["1.3.6.1.4.1.311.20.2.3;utf8:devops"]
        allowed_serial_numbers: ["1*"]
        allowed_uri_sans: ["spiffe://a"]
        allowed_uri_sans_template: true
        allowed_user_ids: [alice]
        basic_constraints_valid_for_non_ca: true
        client_flag: false
        cn_validations: [disabled]
        code_signing_flag: true
        country: [DE, FR]
        email_protection_flag: true
        enforce_hostnames: false
        ext_key_usage: [TimeStamping]
        ext_key_usage_oids: [1.3.6.1.4.1.311.20.2.2]
        generate_lease: true
        issuer_ref: "@{pki_issuer}"
        key_bits: 4096
        key_type: rsa
        key_usage: [DigitalSignature]
        locality: [Berlin]
        max_ttl: 72h
        no_store: null
        not_after: "2099-01-01T00:00:00Z"
        not_after_bound: "2099-01-01T00:00:00Z"
        not_before: "2024-01-01T00:00:00Z"
        not_before_bound: forbid
        not_before_duration: 1m
        organization: [Example]
        ou: [Ops]
        policy_identifiers: [1.3.6.1.4.1.1.1]
        postal_code: ["10115"]
        province: [Berlin]
        require_cn: false
        server_flag: false
        signature_bits: 384
        street_address: [Street 1]
        ttl: 24h
        use_csr_common_name: false
        use_csr_sans: false
        use_pss: true
      other: {key_bits: 3072, key_type: any, signature_bits: 512, policy_identifiers: [1.3.6.1.4.1.1.2],
        issuer_ref: "@{pki_issuer2}", key_usage: [KeyAgreement], cn_validations: [hostname],
        not_after: "2098-01-01T00:00:00Z", not_after_bound: "2098-01-01T00:00:00Z",
        not_before: "2024-01-02T00:00:00Z", not_before_bound: duration,
        allowed_other_sans: ["1.3.6.1.4.1.311.20.2.3;utf8:ops"], ext_key_usage_oids: [1.3.6.1.4.1.311.20.2.3]}
    - of: pki/roles/{name}
      at: pki/roles/unstored
      fields: {no_store: true, key_type: ec, key_bits: 384}
      other: {key_bits: 521}
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
