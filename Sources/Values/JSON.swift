/// JSON as RFC 8259 has it, read and written without a detour over another tree.
package enum JSON {
  /// Reads one JSON text.
  ///
  /// Numbers keep their text; of several members with one name the last stays.
  ///
  /// - Throws: ``JSONError`` for anything that is not JSON in UTF-8, or is nested more than 512 levels deep.
  package static func parse(_ bytes: [UInt8]) throws(JSONError) -> Value {
    var parser = JSONParser(bytes)
    return try parser.document()
  }

  /// Writes a value for people and logs: keys sorted, secrets as `(sensitive)`.
  ///
  /// - Parameters:
  ///   - value: What to write.
  ///   - pretty: Whether to indent by two spaces, one member or element to a line.
  /// - Returns: JSON without a newline at the end.
  package static func text(_ value: Value, pretty: Bool = false) -> String {
    var writer = JSONWriter(isPretty: pretty, exposesSecrets: false)
    writer.write(value)
    return String(decoding: writer.output, as: UTF8.self)
  }

  /// Writes a value with its secrets: for request bodies and fingerprints, and for nothing else.
  ///
  /// Keys are sorted, so that equal values have equal fingerprints.
  package static func bytesExposingSecrets(_ value: Value) -> [UInt8] {
    var writer = JSONWriter(isPretty: false, exposesSecrets: true)
    writer.write(value)
    return writer.output
  }
}

/// Why bytes are not JSON; it never contains any of them.
package struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What was expected, as a part of a sentence.
  package let message: String
  /// How many bytes are before the place where it went wrong.
  package let offset: Int

  package init(_ message: String, at offset: Int) {
    self.message = message
    self.offset = offset
  }

  package var description: String { "This is not JSON: \(message), at byte \(offset)." }
}
