import Values

/// A mount or auth method as a server lists it under `sys/mounts` or `sys/auth`.
///
/// Lease times are in seconds there, `0` for the system's default; that is what was written, while the tune
/// endpoint shows what is in effect.
struct MountEntry {
  private let live: [String: Value]

  init(_ live: [String: Value]) {
    self.live = live
  }

  /// The declared fields beside the server's; those inside `config` and `options` on their own, because they
  /// are set one by one.
  func fields(_ declared: [String: Value]) -> [DeclaredField] {
    var fields: [DeclaredField] = []
    for (name, value) in declared.sorted(by: { $0.key < $1.key }) {
      switch (name, value) {
      case ("type", _):
        // `kv-v2` becomes `kv` with an option; both have one name here.
        let types = [MountTable.type(from: .object(declared)), MountTable.type(from: .object(live))]
        fields.append(DeclaredField(name: name, declared: text(types[0]), live: text(types[1])))
      case ("config", .object(let settings)), ("options", .object(let settings)):
        for (key, setting) in settings.sorted(by: { $0.key < $1.key }) {
          fields += self.settings(key, setting, in: name)
        }
      default:
        fields.append(DeclaredField(name: name, declared: value, live: live[name]))
      }
    }
    return fields
  }

  private func settings(_ key: String, _ value: Value, in group: String) -> [DeclaredField] {
    let name = "\(group).\(key)"
    guard name == "config.user_lockout_config", let lockout = value.object else {
      return [DeclaredField(name: name, declared: value, live: live[group]?[key])]
    }
    let config = live["config"]
    return lockout.sorted(by: { $0.key < $1.key }).map { setting, value in
      // Written `lockout_threshold`, listed `user_lockout_threshold`, with or without a map of its own.
      let nested = config?[key]
      let found = nested?["user_" + setting] ?? nested?[setting] ?? config?["user_" + setting]
      return DeclaredField(name: "\(name).\(setting)", declared: value, live: found)
    }
  }

  private func text(_ type: String?) -> Value {
    type.map { .string($0) } ?? .null
  }
}
