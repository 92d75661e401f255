import Catalogue

/// What the catalogue says about the fields of families, asked once for all objects of one.
final class FieldVerdicts {
  struct Verdict {
    let isSecret: Bool
    /// The server changes it by itself.
    let isVolatile: Bool
  }

  private var known: [String: [String: Verdict]] = [:]

  /// What a field is; inside a map its name is its keys joined with dots.
  func verdict(on field: String, _ endpoint: Endpoint) -> Verdict {
    if let verdict = known[endpoint.family]?[field] { return verdict }
    let verdict = Verdict(
      isSecret: endpoint.isSecret(field: field),
      isVolatile: endpoint.isVolatile(field: field)
    )
    known[endpoint.family, default: [:]][field] = verdict
    return verdict
  }
}
