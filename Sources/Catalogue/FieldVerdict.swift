/// What a family says about one of its fields.
struct FieldVerdict {
  /// The value must not be shown or stored.
  let isSecret: Bool
  /// The server changes it by itself.
  let isVolatile: Bool
}

extension Family {
  /// Judges a field by its name; inside a map that is its keys joined with dots.
  func verdict(on field: String) -> FieldVerdict {
    FieldVerdict(isSecret: isSecret(field), isVolatile: isVolatile(field))
  }

  /// Whether a field's name alone says that its value is secret.
  func hasSecretName(_ name: String) -> Bool {
    let name = name.lowercased()
    return anywhere.secretNames.matches(name) && !anywhere.notSecretNames.matches(name)
  }

  private func isSecret(_ field: String) -> Bool {
    let (first, last) = ends(of: field)
    if notSecret.matches(field) || notSecret.matches(first) { return false }
    if secret.matches(field) || secret.matches(first) { return true }
    // The name inside a map says more than the map's: `connection_details.password`.
    return hasSecretName(last)
  }

  private func isVolatile(_ field: String) -> Bool {
    if notVolatile.matches(field) { return false }
    return volatile.matches(field) || anywhere.volatile.matches(field)
  }

  private func ends(of field: String) -> (first: String, last: String) {
    guard let dot = field.firstIndex(of: "."), let end = field.lastIndex(of: ".") else {
      return (field, field)
    }
    return (String(field[..<dot]), String(field[field.index(after: end)...]))
  }
}
