extension String {
  /// Whether the text holds another one, byte for byte.
  ///
  /// The library's `contains` compares characters and takes many times longer, which counts for what every leaf of a
  /// schema is asked.
  package func holds(_ part: String) -> Bool {
    let text = utf8Span.span
    let wanted = part.utf8Span.span
    guard let last = wanted.indices.last else { return true }
    guard text.count > last else { return false }
    let first = wanted[0]
    for start in 0..<(text.count - last) where text[start] == first {
      var length = 1
      while length <= last, text[start + length] == wanted[length] { length += 1 }
      if length > last { return true }
    }
    return false
  }
}
