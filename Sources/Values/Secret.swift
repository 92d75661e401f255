/// A string that must not reach a log, an output, a file or a commit.
///
/// It prints as `(sensitive)` everywhere; the text is reached only through ``exposed(_:)``, which is easy to
/// find in a review.
package struct Secret: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  private let text: String

  package init(_ text: String) {
    self.text = text
  }

  /// What is shown in a secret's place.
  package static let mask = "(sensitive)"

  package var description: String { Self.mask }
  package var debugDescription: String { Self.mask }
  package var customMirror: Mirror { Mirror(self, children: []) }

  package var isEmpty: Bool { text.isEmpty }

  /// Hands the text to `body`, for sending it or for computing its fingerprint; nothing else may be done with it.
  package func exposed<Result>(_ body: (String) throws -> Result) rethrows -> Result {
    try body(text)
  }
}
