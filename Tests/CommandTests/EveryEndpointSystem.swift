extension EveryEndpoint {
  /// The system's own settings.
  static let system = #"""
    - of: sys/auth/{path}/tune
      at: sys/auth/tuned/tune
      fields:
        allowed_response_headers: [X-One, X-Two]
        audit_non_hmac_request_keys: [one]
        audit_non_hmac_response_keys: [two]
        default_lease_ttl: 1h
        description: Tuned
        listing_visibility: unauth
        max_lease_ttl: "86400"
        passthrough_request_headers: [X-Three]
        token_type: default-batch
        user_lockout_config: {lockout_threshold: "7", lockout_duration: 30m,
          lockout_counter_reset_duration: 20m, lockout_disable: true}
      other: {listing_visibility: hidden, token_type: batch, default_lease_ttl: 2h, max_lease_ttl: 25h,
        user_lockout_config: {lockout_threshold: "8", lockout_duration: 30m,
          lockout_counter_reset_duration: 20m, lockout_disable: true}}
    - of: sys/mounts/{path}/tune
      at: sys/mounts/tuned/tune
      fields:
        allowed_response_headers: [X-One, X-Two]
        audit_non_hmac_request_keys: [one]
        audit_non_hmac_response_keys: [two]
        default_lease_ttl: 1h
        description: Tuned
        listing_visibility: unauth
        max_lease_ttl: "86400"
        options: {team: web}
        passthrough_request_headers: [X-Three]
      other: {listing_visibility: hidden, default_lease_ttl: 2h, max_lease_ttl: 25h, options: {team: ops}}
    - of: sys/config/auditing/request-headers/{header}
      at: sys/config/auditing/request-headers/x-request-id
      fields: {hmac: true}
    - of: sys/config/cors
      at: sys/config/cors
      base: {enable: true, allowed_origins: ["https://a.example.com", "https://b.example.com"]}
      fields: {allowed_headers: [X-Mine], allow_credentials: true}
    - of: sys/config/ui/headers/{header}
      at: sys/config/ui/headers/X-Mine
      fields: {values: [one, two]}
      stays: [values]
      other: {values: [two, one]}
    - of: sys/namespaces/{path}
      at: sys/namespaces/team
      fields: {custom_metadata: {owner: web}}
    - of: sys/policies/acl/{name}
      at: sys/policies/acl/web
      base: {policy: "path \"kv/data/web/*\" {\n  capabilities = [\"read\"]\n}\n"}
      fields:
        allow_slashes_in_identity_templates: true
        allow_wildcards_in_identity_templates: true
        cas_required: null
        expiration: "2099-01-01T00:00:00Z"
      other: {expiration: "2098-01-01T00:00:00Z", policy: "path \"b\" {\n  capabilities = [\"list\"]\n}\n"}
    - of: sys/policies/password/{name}
      at: sys/policies/password/long
      fields: {policy: "length = 20\nrule \"charset\" {\n  charset = \"abcdefghij\"\n}\n"}
      stays: [policy]
      other: {policy: "length = 22\nrule \"charset\" {\n  charset = \"abcdefghij\"\n}\n"}
    - of: sys/quotas/config
      at: sys/quotas/config
      fields:
        enable_rate_limit_audit_logging: true
        enable_rate_limit_response_headers: true
        rate_limit_exempt_paths: [sys/health, sys/seal-status]
    - of: sys/quotas/rate-limit/{name}
      at: sys/quotas/rate-limit/tuned
      base: {rate: 10000.5}
      fields: {block_interval: 1s, inheritable: false, interval: 2s, path: tuned}
      other: {rate: 20000, path: kv}
    - of: sys/rotate/config
      at: sys/rotate/config
      since: {enabled: "2.7"}  # an older server never switches it on again
      fields: {enabled: false, interval: 48h, max_operations: 2000000}
      other: {interval: 49h}
    """#

  /// Identity, with its multi-factor methods and its OIDC provider.
  static let identity = #"""
    - of: identity/entity/name/{name}
      at: identity/entity/name/alice
      fields: {disabled: true, metadata: {team: web, level: "1"}, policies: [web, base]}
    - of: identity/entity/id/{id}
      at: identity/entity/id/@{entity}
      prepared: true
      base: {name: prepared}
      fields: {disabled: true, metadata: {team: web}, policies: "web,base"}
    - of: identity/entity-alias/id/{id}
      at: identity/entity-alias/id/@{alias}
      prepared: true
      base: {name: alias-a, canonical_id: "@{entity2}", mount_accessor: "@{accessor}"}
      fields: {custom_metadata: {team: web}}
      other: {canonical_id: "@{entity}", mount_accessor: "@{accessor2}"}
    - of: identity/group/name/{name}
      at: identity/group/name/ops
      base: {type: internal}
      fields: {member_entity_ids: ["@{entity}", "@{entity2}"], member_group_ids: ["@{group}"],
        metadata: {team: ops}, policies: [ops, base]}
      other: {member_entity_ids: ["@{entity}"], member_group_ids: []}
    - of: identity/group/id/{id}
      at: identity/group/id/@{group}
      prepared: true
      base: {name: prepared, type: internal}
      fields: {member_entity_ids: ["@{entity}"], member_group_ids: ["@{group2}"], metadata: {team: ops},
        policies: [ops, base]}
      other: {member_entity_ids: ["@{entity2}"], member_group_ids: []}
    - of: identity/group-alias/id/{id}
      at: identity/group-alias/id/@{groupalias}
      prepared: true
      base: {name: alias-g, canonical_id: "@{external}", mount_accessor: "@{accessor}"}
      other: {canonical_id: "@{external2}", mount_accessor: "@{accessor2}"}
    - of: identity/mfa/login-enforcement/{name}
      at: identity/mfa/login-enforcement/ops
      base: {mfa_method_ids: ["@{totp}"], auth_method_types: [approle]}
      fields: {auth_method_accessors: ["@{accessor}"], identity_entity_ids: ["@{entity}"],
        identity_group_ids: ["@{group2}"]}
      other: {mfa_method_ids: ["@{duo}"], auth_method_types: [cert], auth_method_accessors: ["@{accessor2}"],
        identity_entity_ids: ["@{entity2}"], identity_group_ids: ["@{group}"]}
    - of: identity/mfa/method/duo/{method_id}
      at: identity/mfa/method/duo/@{duo}
      prepared: true
      base: {api_hostname: api.example.com, integration_key: integration-key, secret_key: duo-secret-key}
      fields: {method_name: duo, push_info: from=vault, use_passcode: true, username_format: "{{alias.name}}"}
    - of: identity/mfa/method/okta/{method_id}
      at: identity/mfa/method/okta/@{okta}
      prepared: true
      base: {org_name: example, api_token: okta-api-token}
      fields: {base_url: okta-emea.com, method_name: okta, primary_email: true,
        username_format: "{{alias.name}}"}
    - of: identity/mfa/method/totp/{method_id}
      at: identity/mfa/method/totp/@{totp}
      prepared: true
      base: {issuer: Example}
      fields: {algorithm: SHA256, digits: 8, key_size: 30, max_validation_attempts: 7, method_name: totp,
        period: "60", qr_size: 100, skew: 0}
      other: {algorithm: SHA512, digits: 6}
    - of: identity/oidc/assignment/{name}
      at: identity/oidc/assignment/ops
      fields: {entity_ids: ["@{entity}", "@{entity2}"], group_ids: ["@{group}"]}
      other: {entity_ids: ["@{entity}"], group_ids: ["@{group2}"]}
    - of: identity/oidc/client/{name}
      at: identity/oidc/client/web
      base: {key: default}
      fields: {access_token_ttl: 1h, assignments: [allow_all], authorization_code: false,
        client_credentials: true, client_type: confidential, id_token_ttl: 30m,
        redirect_uris: ["https://b.example.com/cb", "https://a.example.com/cb"]}
      other: {assignments: []}
    - of: identity/oidc/config
      at: identity/oidc/config
      fields: {issuer: "https://vault.example.com"}
      other: {issuer: "https://other.example.com"}
    - of: identity/oidc/key/{name}
      at: identity/oidc/key/web
      fields: {algorithm: ES256, allowed_client_ids: ["*"], rotation_period: 12h, verification_ttl: 13h}
      other: {algorithm: ES384}
    - of: identity/oidc/provider/{name}
      at: identity/oidc/provider/web
      fields: {allowed_client_ids: ["*"], issuer: "https://vault.example.com", scopes_supported: [groups]}
      other: {scopes_supported: [], issuer: "https://other.example.com"}
    - of: identity/oidc/role/{name}
      at: identity/oidc/role/web
      base: {key: default}
      fields: {client_id: web-client, template: '{"name": {{identity.entity.name}}}', ttl: 1h}
      other: {key: "prepared", template: '{"id": {{identity.entity.id}}}'}
    - of: identity/oidc/scope/{name}
      at: identity/oidc/scope/groups
      fields: {description: Groups, template: '{"groups": {{identity.entity.groups.names}}}'}
      other: {template: '{"id": {{identity.entity.id}}}'}
    """#
}
