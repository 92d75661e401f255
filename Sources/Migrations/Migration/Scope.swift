/// The environments that a task or an entry of the schema applies to.
package enum Scope: Hashable, Sendable {
  case all
  case only(Set<String>)
  case except(Set<String>)

  /// Those of some environments, among all that there are; `""` stands for any that config.yaml may get later.
  init(_ names: Set<String>, of environments: [String]) {
    if names.count == environments.count {
      self = .all
    } else if names.contains("") {
      self = .except(Set(environments).subtracting(names))
    } else {
      self = .only(names)
    }
  }

  /// Whether a task with this scope is for an environment; `""` stands for any that config.yaml does not name.
  package func includes(_ environment: String) -> Bool {
    switch self {
    case .all: true
    case .only(let names): names.contains(environment)
    case .except(let names): !names.contains(environment)
    }
  }

  /// The environments that it names.
  package var names: Set<String> {
    switch self {
    case .all: []
    case .only(let names), .except(let names): names
    }
  }

  /// Whether it is for no environment at all.
  var isEmpty: Bool { self == .only([]) }

  func intersection(_ other: Scope) -> Scope {
    switch (self, other) {
    case (.all, let scope), (let scope, .all): scope
    case (.only(let left), .only(let right)): .only(left.intersection(right))
    case (.only(let names), .except(let others)), (.except(let others), .only(let names)):
      .only(names.subtracting(others))
    case (.except(let left), .except(let right)): .except(left.union(right))
    }
  }

  func subtracting(_ other: Scope) -> Scope {
    switch other {
    case .all: .only([])
    case .only(let names): names.isEmpty ? self : intersection(.except(names))
    case .except(let names): intersection(.only(names))
    }
  }
}
