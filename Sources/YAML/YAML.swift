package import Values

/// YAML 1.2 with the core schema, one document to a file, read and written.
///
/// It is stricter than the standard where a configuration file would only be misread: see ``parse(_:file:)``.
package enum YAML {
  /// Reads one document.
  ///
  /// Duplicate keys, merge keys, keys that are not scalars, unknown tags, `.inf` and `.nan`, a second document, and
  /// aliases that expand without measure are errors. Neither an error nor a warning contains a value of the file;
  /// they may contain its keys.
  ///
  /// - Parameters:
  ///   - bytes: UTF-8, with or without a byte order mark.
  ///   - file: The name that locations carry.
  /// - Returns: The document, or `nil` if there is nothing but comments; and what another reader of YAML would
  ///   understand differently.
  /// - Throws: ``YAMLError`` for the first thing that is wrong.
  package static func parse(
    _ bytes: [UInt8],
    file: String
  ) throws(YAMLError) -> (document: Node?, warnings: [YAMLWarning]) {
    var composer = Composer(reading: EventReader(bytes, file: file))
    let document = try composer.document()
    return (document, composer.warnings)
  }

  /// Reads one document from a string; see the overload for bytes.
  package static func parse(
    _ text: String,
    file: String
  ) throws(YAMLError) -> (document: Node?, warnings: [YAMLWarning]) {
    try parse(Array(text.utf8), file: file)
  }
}

/// Why a file could not be read as YAML, and where; it never contains a value of the file.
package struct YAMLError: Error, Hashable, Sendable, CustomStringConvertible {
  package let message: String
  package let location: SourceLocation
  /// What to do about it.
  package let hint: String?

  package init(_ message: String, at location: SourceLocation, hint: String? = nil) {
    self.message = message
    self.location = location
    self.hint = hint
  }

  /// Composing a document and libyaml itself both have this limit.
  static func tooDeep(at location: SourceLocation) -> YAMLError {
    YAMLError("lists and maps are nested more than \(Composer.deepest) levels deep here", at: location)
  }

  package var description: String {
    hint.map { "\(location): \(message); \($0)" } ?? "\(location): \(message)"
  }
}

/// A scalar that other readers of YAML take for something else; it never contains a value of the file.
package struct YAMLWarning: Hashable, Sendable, CustomStringConvertible {
  package let message: String
  package let location: SourceLocation
  /// What to do about it.
  package let hint: String

  package var description: String { "\(location): \(message); \(hint)" }
}
