import Catalogue
import Configuration
import Values

/// Finds roles that let in more than was most likely meant.
struct RoleLint {
  private let project: Project
  private let mounts: MountTable
  /// The prefixes of mounts that say how long anything of theirs lives at most.
  private let capped: Set<VaultPath>

  init(_ project: Project) {
    self.project = project
    mounts = project.schema.mounts
    capped = Set(
      project.schema.resources.compactMap { path, declaration in
        guard let prefix = path.contentPrefix, declaration.value["config"]?["max_lease_ttl"] != nil else {
          return nil
        }
        return path.with(path: prefix)
      }
    )
  }

  func complaints(about path: VaultPath, _ declaration: Schema.Declaration) -> [Lint.Complaint] {
    let endpoint = project.catalogue.endpoint(for: path, mounts: mounts)
    guard endpoint.kind == .resource, let fields = declaration.value.object else { return [] }
    let role = Role(path: path, fields: fields, endpoint: endpoint, isCapped: isCapped(path))
    let kind = endpoint.section + " " + String(endpoint.relative.prefix { $0 != "/" })
    switch kind {
    case "auth/approle role":
      return role.tokenComplaints + role.appRoleComplaints(isProtected: isProtected(declaration))
    case "auth/jwt role": return role.tokenComplaints + role.boundComplaints
    case "auth/kubernetes role": return role.tokenComplaints + role.accountComplaints
    case "auth/cert certs", "auth/userpass users", "auth/token roles", "auth/ldap groups":
      return role.tokenComplaints
    case "secrets/pki roles": return role.leaseComplaints + role.certificateComplaints
    case "secrets/ssh roles": return role.userComplaints
    case "secrets/database roles": return role.leaseComplaints
    default: return []
    }
  }

  private func isProtected(_ declaration: Schema.Declaration) -> Bool {
    project.settings.environments.values.contains {
      $0.isProtected && declaration.scope.includes($0.name)
    }
  }

  /// Whether the mount says how long anything of it lives at most.
  private func isCapped(_ path: VaultPath) -> Bool {
    mounts.mount(holding: path).map { capped.contains(path.with(path: $0.prefix)) } ?? false
  }
}

/// One role, and what is said of it.
private struct Role {
  let path: VaultPath
  let fields: [String: Value]
  let endpoint: Endpoint
  let isCapped: Bool

  /// Whether a field says nothing: a reference may say anything.
  private func isUnset(_ names: String...) -> Bool {
    names.allSatisfy { name in
      guard let value = fields[name] else { return true }
      return value.isEmpty || value.isZero || value == "0" || value == "0s"
    }
  }

  private func isTrue(_ name: String) -> Bool { fields[name] == true || fields[name] == "true" }

  /// A list, however it is written.
  private func names(_ field: String) -> [String] {
    let elements = fields[field]?.array?.compactMap(\.string) ?? fields[field]?.string.map { [$0] } ?? []
    return elements.flatMap { $0.split(separator: ",") }.map { String($0).trimmingWhitespace }
  }

  private func complaint(
    _ rule: String,
    _ message: String,
    _ hint: String,
    _ field: String? = nil
  ) -> Lint.Complaint {
    Lint.Complaint(rule: rule, message: message, hint: hint, field: field)
  }

  var tokenComplaints: [Lint.Complaint] {
    var found: [Lint.Complaint] = []
    for field in ["token_policies", "policies", "allowed_policies"] where names(field).contains("root") {
      found.append(
        complaint(
          "role-root-policy",
          "\(field) of \(path) has root, which servers refuse or which may do everything",
          "name a policy of its own",
          field
        )
      )
    }
    if !isTrue("token_no_default_policy") {
      found.append(
        complaint(
          "role-default-policy",
          "tokens of \(path) have the policy default as well",
          "token_no_default_policy: true, if its policies grant all that is needed"
        )
      )
    }
    let isRenewed = !isUnset("token_period", "period")
    if isRenewed, isUnset("token_explicit_max_ttl") {
      found.append(
        complaint(
          "role-renewed-forever",
          "tokens of \(path) have a period and no token_explicit_max_ttl: they can be renewed without end",
          "add token_explicit_max_ttl, or silence this for what must never log in again",
          "token_period"
        )
      )
    } else if !isCapped, isUnset("token_max_ttl", "max_ttl", "token_explicit_max_ttl") {
      found.append(
        complaint(
          "role-no-max-ttl",
          "\(path) has no token_max_ttl: its tokens live for 32 days where the server says nothing else",
          "add token_max_ttl, or max_lease_ttl to its auth method"
        )
      )
    }
    return found
  }

  var leaseComplaints: [Lint.Complaint] {
    guard !isCapped, isUnset("max_ttl", "not_after") else { return [] }
    return [
      complaint(
        "role-no-max-ttl",
        "\(path) has no max_ttl: what it gives out lives for 32 days where the server says nothing else",
        "add max_ttl, or max_lease_ttl to its mount"
      )
    ]
  }

  func appRoleComplaints(isProtected: Bool) -> [Lint.Complaint] {
    guard isUnset("secret_id_bound_cidrs", "token_bound_cidrs", "bound_cidrs") else { return [] }
    if fields["bind_secret_id"] == false || fields["bind_secret_id"] == "false" {
      return [
        complaint(
          "approle-no-secret-id",
          "\(path) asks for no secret id and is bound to no address: whoever knows its role id is in",
          "keep bind_secret_id, or add token_bound_cidrs",
          "bind_secret_id"
        )
      ]
    }
    guard isProtected else { return [] }
    return [
      complaint(
        "approle-no-cidrs",
        "\(path) is bound to no address, and goes to a protected environment: a stolen secret id works from anywhere",
        "add secret_id_bound_cidrs or token_bound_cidrs"
      )
    ]
  }

  var boundComplaints: [Lint.Complaint] {
    guard endpoint.relative.hasPrefix("role/"), isUnset("bound_audiences", "bound_subject", "bound_claims")
    else {
      return []
    }
    return [
      complaint(
        "jwt-unbound",
        "\(path) has no bound_audiences, bound_subject or bound_claims: it takes every token of the issuer",
        "bind it to an audience and to claims such as the repository"
      )
    ]
  }

  var accountComplaints: [Lint.Complaint] {
    guard names("bound_service_account_names").contains("*"),
      names("bound_service_account_namespaces").contains("*")
    else { return [] }
    return [
      complaint(
        "kubernetes-any-account",
        "\(path) lets in every service account of every namespace",
        "name the accounts or the namespaces",
        "bound_service_account_names"
      )
    ]
  }

  var certificateComplaints: [Lint.Complaint] {
    if isTrue("allow_any_name") {
      return [
        complaint(
          "pki-any-name",
          "\(path) signs certificates for any name",
          "allowed_domains names those that are wanted",
          "allow_any_name"
        )
      ]
    }
    let domains = names("allowed_domains")
    if isTrue("allow_glob_domains"), domains.contains("*") {
      return [
        complaint(
          "pki-any-name",
          "\(path) signs certificates for any name: allowed_domains has *",
          "name the domains",
          "allowed_domains"
        )
      ]
    }
    if isTrue("allow_subdomains"),
      let domain = domains.first(where: {
        !$0.contains(".") && !$0.contains("$") && !$0.contains("{") && $0 != "localhost" && !$0.isEmpty
      })
    {
      return [
        complaint(
          "pki-any-name",
          "\(path) signs certificates for everything below \(domain)",
          "name a domain of your own",
          "allowed_domains"
        )
      ]
    }
    return []
  }

  var userComplaints: [Lint.Complaint] {
    guard isTrue("allow_user_certificates"), names("allowed_users").contains("*") else { return [] }
    return [
      complaint(
        "ssh-any-user",
        "\(path) signs certificates for any user, root included",
        "name the users in allowed_users",
        "allowed_users"
      )
    ]
  }
}
