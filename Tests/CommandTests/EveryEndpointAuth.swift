extension EveryEndpoint {
  /// Auth methods.
  static let auth = #"""
    - of: auth/approle/role/{role_name}
      at: auth/approle/role/web
      with: token
      fields:
        bind_secret_id: false
        local_secret_ids: true
        role_id: web-role-id
        secret_id_bound_cidrs: [10.0.0.0/8, 192.168.1.1/32]
        secret_id_num_uses: 10
        secret_id_ttl: 1h30m
        token_type: service
      other: {token_type: default}
    - of: auth/approle/role/{role_name}
      at: auth/approle/role/old
      with: legacy
      fields:
        bound_cidr_list: "10.0.0.0/8,192.168.0.0/16"
        num_uses: null
        bound_cidrs: null
        max_ttl: null
        ttl: null
    - of: auth/approle/role/{role_name}
      at: auth/approle/role/strict
      fields: {token_strictly_bind_ip: true}
    - of: auth/cert/certs/{name}
      at: auth/cert/certs/web
      with: token
      base: {certificate: "@{ca}"}
      fields:
        allowed_common_names: [web.example.com, "*.example.com"]
        allowed_dns_sans: [a.example.com]
        allowed_email_sans: [a@example.com]
        allowed_metadata_extensions: [1.2.3.4]
        allowed_names: [web]
        allowed_organizational_units: [ops]
        allowed_uri_sans: ["spiffe://a"]
        display_name: Web
        ocsp_ca_certificates: "@{ca}"
        ocsp_enabled: true
        ocsp_fail_open: true
        ocsp_query_all_servers: true
        ocsp_servers_override: ["https://ocsp.example.com"]
        required_extensions: ["1.2.3.4:abc"]
      other: {certificate: "@{ca2}", ocsp_ca_certificates: "@{ca2}", required_extensions: ["1.2.3.5:def"]}
    - of: auth/cert/certs/{name}
      at: auth/cert/certs/old
      with: legacy
      base: {certificate: "@{ca}"}
      fields: {num_uses: null}
      other: {certificate: "@{ca2}"}
    - of: auth/cert/certs/{name}
      at: auth/cert/certs/strict
      base: {certificate: "@{ca}"}
      fields: {lease: 1800, token_strictly_bind_ip: true}
      other: {certificate: "@{ca2}"}
    - of: auth/cert/config
      at: auth/cert/config
      fields: {disable_binding: true, enable_identity_alias_metadata: true, ocsp_cache_size: 50}
    - of: auth/jwt/cel/role/{name}
      at: auth/jwt/cel/role/web
      base: {cel_program: {expression: "false"}}
      fields:
        bound_audiences: [web]
        clock_skew_leeway: 2m
        expiration_leeway: "90"
        message: not allowed
        not_before_leeway: 1m30s
      other: {cel_program: {expression: "true"}}
    - of: auth/jwt/config
      at: auth/jwt/config
      base: {jwt_validation_pubkeys: ["@{public}"]}
      fields:
        bound_issuer: https://issuer.example.com
        default_role: web
        jwt_supported_algs: [RS256, ES256]
        namespace_in_state: false
        provider_config: {}
      other: {jwt_validation_pubkeys: ["@{public2}"], provider_config: {provider: azure}}
    - of: auth/jwt/config
      at: auth/jwks/config
      base: {jwks_url: "https://keys.example.com/jwks", skip_jwks_validation: true}
      fields: {jwks_ca_pem: "@{ca}", bound_issuer: "https://issuer.example.com"}
      other: {jwks_ca_pem: "@{ca2}", jwt_supported_algs: [RS384]}
    - of: auth/jwt/role/{name}
      at: auth/jwt/role/web
      with: token
      base: {role_type: jwt, user_claim: sub, bound_audiences: [web]}
      fields:
        allowed_redirect_uris: "https://a.example.com/cb,https://b.example.com/cb"
        bound_claims: {groups: [ops, dev]}
        bound_claims_type: glob
        bound_subject: alice
        claim_mappings: {email: mail}
        clock_skew_leeway: 2m
        expiration_leeway: "90"
        groups_claim: groups
        max_age: 1h
        not_before_leeway: 90
        oauth2_metadata: [id_token]
        oidc_scopes: "email,profile"
        poll_interval: 7
        user_claim_json_pointer: true
        verbose_oidc_logging: true
      other: {bound_claims_type: string, role_type: oidc, user_claim: name, oauth2_metadata: [access_token], claim_mappings: {mail: post}}
    - of: auth/jwt/role/{name}
      at: auth/jwt/role/old
      with: legacy
      base: {role_type: jwt, user_claim: sub, bound_audiences: [web]}
      other: {role_type: oidc, user_claim: name}
    - of: auth/jwt/role/{name}
      at: auth/jwt/role/strict
      base: {role_type: jwt, user_claim: sub, bound_audiences: [web]}
      fields: {token_strictly_bind_ip: true}
      other: {role_type: oidc, user_claim: name}
    - of: auth/oidc/config
      at: auth/oidc/config
      base: {oidc_discovery_url: "@{issuer}", oidc_client_id: web, oidc_client_secret: web-client-secret}
      fields:
        bound_issuer: https://issuer.example.com
        default_role: web
        jwt_supported_algs: [RS256]
        namespace_in_state: false
        oidc_response_mode: form_post
        oidc_response_types: [code]
        override_allowed_server_names: [idp.example.com]
        provider_config: {provider: azure}
      other: {oidc_response_mode: query, oidc_response_types: [id_token], provider_config: {},
        oidc_discovery_url: "@{issuer2}"}
    - of: auth/kubernetes/config
      at: auth/kubernetes/config
      base: {kubernetes_host: "https://k8s.example.com", kubernetes_ca_cert: "@{ca}"}
      fields:
        disable_iss_validation: false
        disable_local_ca_jwt: true
        issuer: https://k8s.example.com
        pem_keys: ["@{public}"]
        token_reviewer_jwt: "@{jwt}"
      other: {kubernetes_ca_cert: "@{ca2}", pem_keys: ["@{public2}"]}
    - of: auth/kubernetes/role/{name}
      at: auth/kubernetes/role/web
      with: token
      base: {bound_service_account_names: [web, api], bound_service_account_namespaces: [apps]}
      fields:
        alias_name_source: serviceaccount_name
        audience: web
        bound_service_account_namespace_selector: '{"matchLabels": {"team": "web"}}'
      other: {alias_name_source: serviceaccount_uid,
        bound_service_account_namespace_selector: '{"matchLabels": {"team": "ops"}}'}
    - of: auth/kubernetes/role/{name}
      at: auth/kubernetes/role/old
      with: legacy
      base: {bound_service_account_names: [web], bound_service_account_namespaces: [apps]}
    - of: auth/kubernetes/role/{name}
      at: auth/kubernetes/role/strict
      base: {bound_service_account_names: [web], bound_service_account_namespaces: [apps]}
      fields: {token_strictly_bind_ip: true}
    - of: auth/token/roles/{role_name}
      at: auth/token/roles/web
      fields:
        allowed_entity_aliases: [web, api]
        allowed_policies: [web, base]
        allowed_policies_glob: ["web-*"]
        disallowed_policies: [Admin]
        disallowed_policies_glob: ["admin-*"]
        orphan: true
        path_suffix: team
        renewable: false
        token_bound_cidrs: [10.0.0.0/8, 192.168.1.1/32]
        token_explicit_max_ttl: 72h
        token_no_default_policy: true
        token_num_uses: 5
        token_period: 30m
        token_type: service
      other: {token_type: default-batch}
    - of: auth/token/roles/{role_name}
      at: auth/token/roles/old
      fields: {bound_cidrs: [10.0.0.0/8], explicit_max_ttl: 72h, period: "1800"}
    - of: auth/userpass/users/{username}
      at: auth/userpass/users/alice
      with: token
      fields: {password: alice-password}
      stays: [password]
    - of: auth/userpass/users/{username}
      at: auth/userpass/users/bob
      with: legacy
      fields: {num_uses: null, period: null}
      base: {password_hash: "$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"}
    - of: auth/userpass/users/{username}
      at: auth/userpass/users/carol
      base: {password: carol-password}
      fields: {token_strictly_bind_ip: true}
    - of: auth/userpass/users/{username}/policies
      at: auth/userpass/users/prepared/policies
      fields: {token_policies: [web, base]}
    - of: auth/userpass/users/{username}/policies
      at: auth/userpass/users/prepared-too/policies
      fields: {policies: "web,base"}
    - of: auth/ldap/config
      at: auth/ldap/config
      other: {certificate: "@{ca2}", tls_max_version: tls12, tls_min_version: tls10}
      plugin: auth/ldap
      with: ldap
      also: token
      fields: {token_bound_cidrs: null, token_strictly_bind_ip: true}
    - of: auth/ldap/groups/{name}
      at: auth/ldap/groups/ops
      plugin: auth/ldap
      fields: {policies: "ops,base"}
    - of: auth/ldap/users/{name}
      at: auth/ldap/users/alice
      plugin: auth/ldap
      fields: {groups: [ops, dev], policies: [web, base]}
    - of: auth/kerberos/config/ldap
      at: auth/kerberos/config/ldap
      other: {certificate: "@{ca2}", tls_max_version: tls12, tls_min_version: tls10}
      plugin: auth/kerberos
      with: ldap
      also: token
    - of: auth/kerberos/groups/{name}
      at: auth/kerberos/groups/ops
      plugin: auth/kerberos
      fields: {policies: [ops, base]}
    - of: auth/radius/config
      at: auth/radius/config
      plugin: auth/radius
      with: token
      base: {host: radius.example.com, secret: radius-secret}
      fields:
        dial_timeout: 20s
        nas_identifier: web
        nas_port: 11
        port: 1813
        read_timeout: "20"
        unregistered_user_policies: "guest,base"
    - of: auth/radius/users/{name}
      at: auth/radius/users/alice
      plugin: auth/radius
      fields: {policies: [web, base]}
    """#

  /// Settings that several families have in common.
  static let shared = #"""
    token:
      token_bound_cidrs: [10.0.0.0/8, 192.168.1.1/32]
      token_explicit_max_ttl: 72h
      token_max_ttl: 24h
      token_no_default_policy: true
      token_num_uses: 5
      token_period: 30m
      token_policies: [web, base]
      token_ttl: 20m
      token_type: service
    legacy:
      bound_cidrs: [10.0.0.0/8, 192.168.1.1/32]
      max_ttl: 24h
      num_uses: 5
      period: "1800"
      policies: "web,base"
      ttl: 20m
    ldap:
      anonymous_group_search: true
      binddn: cn=admin,dc=example,dc=com
      bindpass: bind-password
      case_sensitive_names: true
      certificate: "@{ca}"
      connection_timeout: 40s
      deny_null_bind: false
      dereference_aliases: always
      discoverdn: true
      groupattr: ou
      groupdn: ou=groups,dc=example,dc=com
      groupfilter: "(member={{.UserDN}})"
      insecure_tls: true
      max_page_size: 100
      request_timeout: 100s
      starttls: true
      tls_max_version: tls13
      tls_min_version: tls11
      upndomain: example.com
      url: "ldaps://ldap.example.com"
      use_pre111_group_cn_behavior: true
      use_token_groups: true
      userattr: sAMAccountName
      userdn: ou=users,dc=example,dc=com
      userfilter: "(uid={{.Username}})"
      username_as_alias: true
    """#
}
