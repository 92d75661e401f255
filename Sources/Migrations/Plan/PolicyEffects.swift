package import Catalogue
package import Values

/// Who gains and who loses which policy, and whose policies get another text.
package struct PolicyEffects: Sendable, Hashable {
  /// A role, a group or another object that hands policies to tokens.
  package struct Holder: Sendable, Hashable {
    package let path: VaultPath
    package let gains: [String]
    package let loses: [String]
  }

  /// A policy whose text changes or goes, and who has it.
  package struct ChangedPolicy: Sendable, Hashable {
    package let path: VaultPath
    package let isDeleted: Bool
    package let holders: [VaultPath]
  }

  package let holders: [Holder]
  package let policies: [ChangedPolicy]

  package var isEmpty: Bool { holders.isEmpty && policies.isEmpty }

  /// The fields that hold names of policies, in roles, groups, entities and users.
  private static let fields: Set<String> = ["token_policies", "policies", "identity_policies"]
  private static let policyPrefix = "sys/policies/acl/"

  /// Takes the changes in their order, and what the schema declares afterwards.
  package init(of changes: [Change], declared: [VaultPath: Value]) {
    var before: [VaultPath: Set<String>] = [:]
    var after: [VaultPath: Set<String>] = [:]
    for change in changes where !change.path.path.hasPrefix("sys/") {
      let fields = change.fields.filter { Self.fields.contains($0.name) }
      guard !fields.isEmpty else { continue }
      // Of several changes of one object, the first knows what was there, and the last what will be.
      let old = Set(fields.flatMap { Self.names($0.from) })
      if before[change.path] == nil { before[change.path] = old }
      after[change.path] = Set(fields.flatMap { Self.names($0.to) })
    }
    holders = before.keys.sorted().compactMap { path in
      let (old, new) = (before[path] ?? [], after[path] ?? [])
      guard old != new else { return nil }
      return Holder(path: path, gains: new.subtracting(old).sorted(), loses: old.subtracting(new).sorted())
    }
    policies = Self.changedPolicies(changes, declared)
  }

  private static func changedPolicies(
    _ changes: [Change],
    _ declared: [VaultPath: Value]
  ) -> [ChangedPolicy] {
    var last: [VaultPath: Change.Action] = [:]
    for change in changes where change.path.path.hasPrefix(policyPrefix) && change.action != .create {
      last[change.path] = change.action
    }
    return last.keys.sorted().compactMap { policy in
      let name = policy.path.dropFirst(policyPrefix.count).lowercased()
      let holders = declared.filter { path, value in
        path.namespace == policy.namespace && !path.path.hasPrefix("sys/")
          && fields.contains { names(value[$0]).contains { $0.lowercased() == name } }
      }
      guard !holders.isEmpty else { return nil }
      return ChangedPolicy(
        path: policy,
        isDeleted: last[policy] == .delete,
        holders: holders.keys.sorted()
      )
    }
  }

  /// Lists, and texts with commas, as servers take both.
  private static func names(_ value: Value?) -> [String] {
    switch value {
    case .array(let elements)?: elements.compactMap(\.string)
    case .string(let text)?:
      text.split(separator: ",").map { name in
        String(name.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
      }
    default: []
    }
  }
}
