package import Catalogue

/// Where things lie on a state branch: one YAML file per Vault path and layer.
package enum StateLayout {
  /// What is recorded of each path.
  package enum Layer: String, Sendable, CaseIterable {
    /// What this environment last wrote, secrets as fingerprints.
    case sent
    /// What the server answered at the end of that version, secrets as fingerprints.
    case observed
    /// That somebody else's change of a path was left alone, until it is written again.
    case kept
  }

  package static let schemaFolder = "schema"
  package static let historyFolder = "history"
  static let serverFile = "server.yaml"
  static let holdFile = "hold.yaml"

  /// The file of a path, for example `sent/@team/auth/approle/role/web.yaml`.
  package static func file(_ layer: Layer, _ path: VaultPath) -> String {
    var parts = [layer.rawValue]
    parts += segments(of: path.namespace).filter { !$0.isEmpty }.map { "@" + encoded($0) }
    var segments = segments(of: path.path)
    // A mount's own slash at the end tells it from a resource of that name.
    let isMount = segments.count > 1 && segments.last == ""
    if isMount { segments.removeLast() }
    for (index, segment) in segments.enumerated() {
      var name = encoded(segment)
      if index == segments.count - 1 {
        name += isMount ? "%2F.yaml" : ".yaml"
      } else if name.hasSuffix(".yaml") {
        name = name.dropLast(".yaml".count) + "%2Eyaml"
      }
      parts.append(name)
    }
    return parts.joined(separator: "/")
  }

  /// The path of a file below its layer's folder; `nil` if the file is not one of ours.
  package static func path(ofFile file: String) -> VaultPath? {
    guard file.hasSuffix(".yaml") else { return nil }
    var segments = file.dropLast(".yaml".count).split(separator: "/", omittingEmptySubsequences: false)[...]
    var namespace: [String] = []
    while let first = segments.first, first.hasPrefix("@") {
      guard let name = decoded(first.dropFirst()) else { return nil }
      namespace.append(name)
      segments.removeFirst()
    }
    let decodedSegments = segments.map(decoded)
    guard !decodedSegments.isEmpty, !decodedSegments.contains(nil) else { return nil }
    return VaultPath(
      decodedSegments.compactMap(\.self).joined(separator: "/"),
      in: namespace.joined(separator: "/")
    )
  }

  /// Splits at the byte: to a `Character`, a slash and a combining mark after it are one.
  private static func segments(of path: String) -> [String] {
    path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map {
      String(Substring($0))
    }
  }

  /// Percent-encodes what a checkout would refuse (`.git`, `..`, a dot at the end), what collides on file systems that
  /// fold case, and what other systems do not allow in names.
  private static func encoded(_ segment: String) -> String {
    if !segment.isEmpty, segment.utf8.allSatisfy(isPlain) { return segment }
    let bytes = Array(segment.utf8)
    var text = ""
    for (index, byte) in bytes.enumerated() {
      let isEdge = index == 0 || index == bytes.count - 1
      let character = Unicode.Scalar(byte)
      let mustEncode =
        switch byte {
        case 0..<0x20, 0x7F...: true
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "."), UInt8(ascii: " "): isEdge
        case UInt8(ascii: "@"): index == 0
        default: "%:*?\"<>|\\~".unicodeScalars.contains(character)
        }
      if mustEncode {
        let digits = String(byte, radix: 16, uppercase: true)
        text += digits.count == 1 ? "%0\(digits)" : "%\(digits)"
      } else {
        text.unicodeScalars.append(character)
      }
    }
    // Git refuses nothing that is empty, but a folder cannot be called nothing.
    return text.isEmpty ? "%" : text
  }

  /// Whether a byte is never encoded, wherever it stands: nearly all names have no others.
  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
      UInt8(ascii: "_"):
      true
    default: false
    }
  }

  private static func decoded(_ segment: Substring) -> String? {
    guard segment.utf8.contains(UInt8(ascii: "%")) else { return String(segment) }
    if segment == "%" { return "" }
    var bytes: [UInt8] = []
    var rest = segment.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard rest.count >= 2, let text = String(rest.prefix(2)), let value = UInt8(text, radix: 16) else {
        return nil
      }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    return String(validating: bytes, as: UTF8.self)
  }
}
