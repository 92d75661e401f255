private import CYAML
internal import Values

/// What libyaml reports, one at a time, as Swift values.
struct Event {
  enum Kind {
    case streamStart
    case streamEnd
    /// - Parameter isOldVersion: Whether a `%YAML 1.1` line precedes it.
    case documentStart(isOldVersion: Bool)
    case documentEnd
    case alias(String)
    case scalar(text: String, isPlain: Bool)
    case sequenceStart
    case sequenceEnd
    case mappingStart
    case mappingEnd
  }

  let kind: Kind
  let location: SourceLocation
  var anchor: String?
  var tag: String?
}

/// The owner of a libyaml parser and of the bytes that it reads.
final class EventReader {
  let file: String
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  /// A copy, because libyaml keeps a pointer into its input until it is done.
  private let input: UnsafeMutableBufferPointer<UInt8>

  init(_ bytes: [UInt8], file: String) {
    self.file = file
    let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let content = bytes.starts(with: byteOrderMark) ? bytes[3...] : bytes[...]
    input = .allocate(capacity: content.count)
    _ = input.initialize(from: content)
    parser = .allocate(capacity: 1)
    parser.initialize(to: yaml_parser_t())
    guard yaml_parser_initialize(parser) == 1 else { preconditionFailure("out of memory") }
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    yaml_parser_set_input_string(parser, input.baseAddress, input.count)
  }

  deinit {
    yaml_parser_delete(parser)
    parser.deinitialize(count: 1)
    parser.deallocate()
    input.deallocate()
  }

  /// Reads the next event.
  ///
  /// - Throws: ``YAMLError`` if the text is not YAML; do not read on after that.
  func next() throws(YAMLError) -> Event {
    var event = yaml_event_t()
    guard yaml_parser_parse(parser, &event) == 1 else { throw failure() }
    defer { yaml_event_delete(&event) }
    let location = location(event.start_mark)
    switch event.type {
    case YAML_STREAM_START_EVENT:
      return Event(kind: .streamStart, location: location)
    case YAML_DOCUMENT_START_EVENT:
      let minor = event.data.document_start.version_directive?.pointee.minor
      return Event(kind: .documentStart(isOldVersion: minor == 1), location: location)
    case YAML_DOCUMENT_END_EVENT:
      return Event(kind: .documentEnd, location: location)
    case YAML_ALIAS_EVENT:
      return Event(kind: .alias(string(event.data.alias.anchor) ?? ""), location: location)
    case YAML_SCALAR_EVENT:
      let scalar = event.data.scalar
      let text = String(
        decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length),
        as: UTF8.self
      )
      return Event(
        kind: .scalar(text: text, isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE),
        location: location,
        anchor: string(scalar.anchor),
        tag: string(scalar.tag)
      )
    case YAML_SEQUENCE_START_EVENT:
      let start = event.data.sequence_start
      return Event(
        kind: .sequenceStart,
        location: location,
        anchor: string(start.anchor),
        tag: string(start.tag)
      )
    case YAML_SEQUENCE_END_EVENT:
      return Event(kind: .sequenceEnd, location: location)
    case YAML_MAPPING_START_EVENT:
      let start = event.data.mapping_start
      return Event(
        kind: .mappingStart,
        location: location,
        anchor: string(start.anchor),
        tag: string(start.tag)
      )
    case YAML_MAPPING_END_EVENT:
      return Event(kind: .mappingEnd, location: location)
    default:
      return Event(kind: .streamEnd, location: location)
    }
  }

  private func string(_ text: UnsafeMutablePointer<yaml_char_t>?) -> String? {
    text.map { String(cString: $0) }
  }

  private func location(_ mark: yaml_mark_t) -> SourceLocation {
    SourceLocation(file: file, line: mark.line + 1, column: mark.column + 1)
  }
}

// MARK: - Failures

extension EventReader {
  /// What libyaml found wrong; its texts are constants, so nothing of the file gets into them.
  private func failure() -> YAMLError {
    let state = parser.pointee
    let problem = state.problem.map { String(cString: $0) } ?? "out of memory"
    switch state.error {
    case YAML_READER_ERROR:
      return unreadable(at: Int(state.problem_offset), isControl: problem.contains("control"))
    case YAML_SCANNER_ERROR, YAML_PARSER_ERROR:
      if problem.hasPrefix("Maximum nesting level") { return .tooDeep(at: location(state.problem_mark)) }
      var message = "this is not YAML: \(problem)"
      if let context = state.context {
        message += " \(String(cString: context))"
        if state.context_mark.line != state.problem_mark.line {
          message += " that starts in line \(state.context_mark.line + 1)"
        }
      }
      return YAMLError(message, at: location(state.problem_mark), hint: hint(for: problem))
    default:
      return YAMLError("this is not YAML: \(problem)", at: SourceLocation(file: file))
    }
  }

  private func unreadable(at offset: Int, isControl: Bool) -> YAMLError {
    let before = input.prefix(offset)
    let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    // Columns count characters, as libyaml's do: every byte but the continuation bytes of UTF-8.
    let column = before[lineStart...].count { $0 & 0xC0 != 0x80 } + 1
    let line = before.count { $0 == UInt8(ascii: "\n") } + 1
    let location = SourceLocation(file: file, line: line, column: column)
    return isControl
      ? YAMLError(
        "there is a control character here",
        at: location,
        hint: "write it as an escape such as \\u0007 in double quotes"
      )
      : YAMLError("this is not valid UTF-8", at: location, hint: "save the file as UTF-8")
  }

  private func hint(for problem: String) -> String? {
    switch problem {
    case "found character that cannot start any token":
      "indent with spaces, not tabs, and quote text that starts with @, %, or a backtick"
    case "mapping values are not allowed in this context":
      "quote text that contains a colon followed by a space, and check the indentation"
    case "did not find expected key", "could not find expected ':'":
      "check the indentation and the quotes here and in the lines above"
    default: nil
    }
  }
}
