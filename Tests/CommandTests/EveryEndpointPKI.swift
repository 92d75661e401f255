extension EveryEndpoint {
  /// The PKI engine, which has more settings than any other.
  static let pki = #"""
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
    """#
}
