import Values
import YAML

/// Reads `not_secret:`, the literals that look like credentials and are none.
enum NotSecretReader {
  static func read(from map: inout MapReader, _ diagnostics: Diagnostics) -> [String] {
    guard let node = map.node("not_secret"), node.value != .null else { return [] }
    let texts = node.value.array?.compactMap(\.string) ?? []
    let isWhole = texts.count == node.value.array?.count
    if !isWhole || texts.contains(where: { $0.hasPrefix("/") || $0.split(separator: "#").count != 2 }) {
      diagnostics.error(
        "not_secret must be a list of fields, each with the path that it is at",
        at: node.location,
        hint: "for example \"not_secret: [apps/data/web#data.example]\", with * for any text"
      )
    }
    return texts
  }
}
