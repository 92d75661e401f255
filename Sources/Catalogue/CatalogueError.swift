/// A catalogue that cannot be used, with the entry and the key that are wrong.
package struct CatalogueError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The keys that lead to the place, such as `auth / approle / role/{name} / order`.
  package let place: String
  /// What is wrong, without the place.
  package let message: String
  /// The key of the entry that is wrong; `nil` for the entry itself.
  package let key: String?

  init(at place: String, _ message: String, key: String? = nil) {
    self.place = place
    self.message = message
    self.key = key
  }

  /// Place and message in one line.
  package var description: String { "\(place): \(message)" }
}
