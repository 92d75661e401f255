import Catalogue
import Values

extension Value {
  /// The same value, with whatever stands in a secret field as a ``Secret``.
  func marking(secretsOf endpoint: Endpoint) -> Value {
    mapLeaves { leaf, keys in
      guard case .string(let text) = leaf, !text.isEmpty,
        endpoint.isSecret(field: keys.joined(separator: "."))
      else {
        return leaf
      }
      return .secret(Secret(text))
    }
  }
}
