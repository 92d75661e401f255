internal import Values

/// Secrets that must not show up in what the server says.
///
/// Vault repeats what it was given in many of its errors: a connection URL, a malformed field.
struct Masks {
  private var secrets: Set<Secret> = []

  mutating func add(_ secret: Secret) {
    if !secret.isEmpty { secrets.insert(secret) }
  }

  /// The same masks, and those of a request's own secrets.
  func adding(_ body: Value?) -> Masks {
    guard let body, body.holdsSecret else { return self }
    var masks = self
    _ = body.mapLeaves { value, _ in
      if case .secret(let secret) = value { masks.add(secret) }
      return value
    }
    return masks
  }

  /// The text with every secret replaced, also where it is quoted or percent-encoded.
  func applied(to text: String) -> String {
    var text = text
    // A secret may be part of another: the long ones first, or their rest would stay.
    var spellings: [String] = []
    for secret in secrets {
      secret.exposed { plain in
        spellings += [plain, plain.quoted, plain.percentEncoded]
      }
    }
    for spelling in Set(spellings).sorted(by: { $0.utf8.count > $1.utf8.count }) where text.contains(spelling)
    {
      text = text.replacing(spelling, with: Secret.mask)
    }
    return text
  }
}

extension String {
  /// As Go prints it with `%q`, without the quotation marks.
  fileprivate var quoted: String {
    replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
      .replacing("\t", with: "\\t")
  }
}
