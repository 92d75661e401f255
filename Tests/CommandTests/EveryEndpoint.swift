import Catalogue
import TestSupport
import Values
import YAML

/// At least one realistic configuration for every endpoint that servers were measured with.
enum EveryEndpoint {
  /// One object: what it must have, and what can be removed again.
  struct Sample: Sendable {
    /// The endpoint, with placeholders.
    let endpoint: String
    /// Where this object lies.
    let path: String
    /// The plugin that a server may lack: `auth/ldap`.
    let plugin: String?
    /// Whether it is there before the first run, because its id is the server's.
    let isPrepared: Bool
    /// The fields that stay.
    let base: [String: Value]
    /// The fields that are removed later on.
    let removable: [String: Value]
    /// What a field can be changed to where a value made up from the old one would be refused.
    let others: [String: Value]
    /// The fields that older servers do not have, with the first version that does.
    let since: [String: String]

    var declared: [String: Value] { base.merging(removable) { $1 } }
  }

  /// Every sample, its references to ids replaced by what a server has.
  static func samples(_ variables: [String: String]) throws -> [Sample] {
    let shared = try document(shared)
    return try [auth, secrets, pki, system, identity].flatMap { text in
      try (document(text).array ?? []).map {
        try sample(substituted($0, variables), substituted(shared, variables))
      }
    }
  }

  /// The mounts that the samples lie in, but for those that the set-up makes.
  static let mounts: [String: String] = [
    "database/": "database", "kubernetes/": "kubernetes", "pki/": "pki", "rabbitmq/": "rabbitmq",
    "ssh/": "ssh",
    "totp/": "totp", "transit/": "transit", "kv/": "kv-v2", "secret/": "kv-v2", "auth/approle": "approle",
    "auth/cert": "cert", "auth/jwt": "jwt", "auth/jwks": "jwt", "auth/oidc": "oidc",
    "auth/kubernetes": "kubernetes", "auth/userpass": "userpass",
  ]

  /// The mounts for plugins that not every server has, by plugin.
  static let optionalMounts: [String: (path: String, type: String)] = [
    "auth/ldap": ("auth/ldap", "ldap"), "auth/kerberos": ("auth/kerberos", "kerberos"),
    "auth/radius": ("auth/radius", "radius"), "secret/ldap": ("ldap/", "ldap"),
  ]

  private static func document(_ text: String) throws -> Value {
    try YAML.parse(text, file: "samples").document?.value ?? .null
  }

  private static func sample(_ entry: Value, _ shared: Value) throws -> Sample {
    guard let endpoint = entry["of"]?.string, let path = entry["at"]?.string else {
      throw FixtureError("a sample without of or at: \(entry)")
    }
    var fields: [String: Value] = [:]
    for key in ["with", "also"] {
      if let name = entry[key]?.string { fields.merge(shared[name]?.object ?? [:]) { $1 } }
    }
    fields.merge(entry["fields"]?.object ?? [:]) { $1 }
    var base = entry["base"]?.object ?? [:]
    for name in entry["stays"]?.texts ?? [] { base[name] = fields[name] }
    let removable = fields.filter { $0.value != .null && base[$0.key] == nil }
    return Sample(
      endpoint: endpoint,
      path: path,
      plugin: entry["plugin"]?.string,
      isPrepared: entry["prepared"]?.bool ?? false,
      base: base,
      removable: removable,
      others: entry["other"]?.object ?? [:],
      since: (entry["since"]?.object ?? [:]).compactMapValues(\.string)
    )
  }

  /// The same tree with `@{name}` replaced.
  static func substituted(_ value: Value, _ variables: [String: String]) -> Value {
    value.mapLeaves { leaf, _ in
      guard case .string(var text) = leaf, text.contains("@{") else { return leaf }
      for (name, value) in variables { text = text.replacing("@{\(name)}", with: value) }
      return .string(text)
    }
  }
}

extension EveryEndpoint.Sample {
  /// The same for a server of this version.
  func known(to version: String) -> Self {
    let missing = Set(since.filter { version < $0.value }.keys)
    if missing.isEmpty { return self }
    return Self(
      endpoint: endpoint,
      path: path,
      plugin: plugin,
      isPrepared: isPrepared,
      base: base,
      removable: removable.filter { !missing.contains($0.key) },
      others: others,
      since: since
    )
  }
}
