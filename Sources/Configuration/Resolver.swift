package import Values

/// Replaces `${…}` references by what they stand for in one environment, each once per run.
///
/// Whatever did not come from a literal in `config.yaml` (a process variable that `plain:` does not list, a file) is
/// sensitive, and so is every text that it became part of: it leaves here as `Value.secret`.
package final class Resolver {
  package enum Mode: Sendable {
    /// An unset variable is an error.
    case strict
    /// An unset variable becomes a placeholder; the result may be checked, never sent.
    case lenient
  }

  /// How much a variable may expand to; the unit is a value with up to 64 bytes of text, as for aliases in YAML.
  private static let mostExpanded = 100_000

  /// Finds what an object was given; this is never remembered, as the object may be made anew at any time.
  package typealias LookUp = (Template.Given) throws(Problem) -> Value

  /// What is not read, although it may be there, and who is told so.
  package struct Withholding {
    private let applies: (Template.Reference) -> Bool
    private let report: (Template.Reference) -> Void

    package init(
      _ applies: @escaping (Template.Reference) -> Bool,
      report: @escaping (Template.Reference) -> Void
    ) {
      self.applies = applies
      self.report = report
    }

    fileprivate func takes(_ reference: Template.Reference) -> Bool {
      guard applies(reference) else { return false }
      report(reference)
      return true
    }
  }

  private let settings: Settings
  private let environment: Environment
  private let processVariables: [String: String]
  private let readFile: (String) throws -> [UInt8]
  private let mode: Mode
  private let withholding: Withholding?
  private var resolved: [Template.Reference: Value] = [:]
  private var resolving: [String] = []
  /// Secrets among what was looked up.
  private var givenSecrets: Set<Secret> = []

  /// Resolves for one environment, with the variables of the process.
  ///
  /// `readFile` gives the bytes of a `${file:…}`, whose path is relative to `config.yaml`. What is withheld becomes a
  /// placeholder, so that the result may be checked, never sent.
  package init(
    settings: Settings,
    environment: Environment,
    processVariables: [String: String],
    mode: Mode = .strict,
    withholding: Withholding? = nil,
    readFile: @escaping (String) throws -> [UInt8]
  ) {
    self.settings = settings
    self.environment = environment
    self.processVariables = processVariables
    self.mode = mode
    self.withholding = withholding
    self.readFile = readFile
  }

  /// What stands for something given where nobody is asked; the result may be checked, never sent.
  package static func placeholder(for given: Template.Given) -> Value {
    .string("placeholder-\(given.kind.rawValue)-\(given.path)")
  }

  /// The value with every reference replaced.
  ///
  /// Without `lookUp` there is nobody to ask for what objects were given, and a reference to it is an error.
  ///
  /// - Throws: ``Problem`` (configuration invalid) for an unset variable, a missing file, or a reference in a circle; and
  ///   what `lookUp` throws.
  package func resolve(_ value: Value, path: String? = nil, lookUp: LookUp? = nil) throws(Problem) -> Value {
    do {
      return try value.mapLeaves { (leaf, _) throws(Problem) in
        guard case .string(let text) = leaf, text.holds("${") else { return leaf }
        return try resolve(text: text, lookUp)
      }
    } catch {
      var problem = error
      problem.path = problem.path ?? path
      throw problem
    }
  }

  /// Whether a value refers, also through other variables, to anything that is sensitive; nothing is resolved for that.
  package func isSensitive(_ value: Value) -> Bool {
    var seen: Set<String> = []
    return isSensitive(value, &seen)
  }

  /// Each variable is looked at once, however often others refer to it.
  private func isSensitive(_ value: Value, _ seen: inout Set<String>) -> Bool {
    var found = false
    _ = value.mapLeaves { leaf, _ in
      if case .string(let text) = leaf, text.holds("${"), let template = try? Template(text) {
        found = found || template.references.contains { isSensitive($0, &seen) }
      }
      return leaf
    }
    return found
  }

  private func isSensitive(_ reference: Template.Reference, _ seen: inout Set<String>) -> Bool {
    let name: String
    switch reference {
    case .file: return true
    case .given(let given): return given.kind.isSensitive
    case .variable(let variable, _): name = variable
    }
    guard let declared = environment.variables[name] ?? settings.variables[name] else {
      return !settings.plain.contains(name)
    }
    return seen.insert(name).inserted && isSensitive(declared, &seen)
  }

  /// Every secret that was resolved so far, so that read-backs and messages can be searched for them.
  package var secrets: Set<Secret> {
    var found = givenSecrets
    for value in resolved.values { Self.collect(value, &found) }
    return found
  }

  private static func collect(_ value: Value, _ found: inout Set<Secret>) {
    switch value {
    case .secret(let secret): found.insert(secret)
    case .array(let elements): for element in elements { collect(element, &found) }
    case .object(let members): for member in members.values { collect(member, &found) }
    default: break
    }
  }

  private func resolve(text: String, _ lookUp: LookUp?) throws(Problem) -> Value {
    let template: Template
    do {
      template = try Template(text)
    } catch {
      throw Problem(.configurationInvalid, error.message, hint: error.hint)
    }
    if case .reference(let only)? = template.segments.first, template.segments.count == 1 {
      return try resolve(only, lookUp)
    }
    var joined = ""
    var isSensitive = false
    for segment in template.segments {
      switch segment {
      case .literal(let literal): joined += literal
      case .reference(let reference):
        switch try resolve(reference, lookUp) {
        case .string(let text): joined += text
        case .number(let number): joined += number.text
        case .bool(let flag): joined += flag ? "true" : "false"
        case .secret(let secret):
          isSensitive = true
          secret.exposed { joined += $0 }
        case .null: break
        case .array, .object:
          throw Problem(
            .configurationInvalid,
            "\(reference) is a list or a map, and cannot become part of a text",
            hint: "use \"\(reference)\" alone as the value"
          )
        }
      }
    }
    return isSensitive ? .secret(Secret(joined)) : .string(joined)
  }

  private func resolve(_ reference: Template.Reference, _ lookUp: LookUp?) throws(Problem) -> Value {
    if let known = resolved[reference] { return known }
    let value: Value
    switch reference {
    case .variable(let name, let fallback): value = try variable(name, fallback: fallback)
    case .file(let path): value = try file(path)
    case .given(let given):
      if let lookUp {
        let found = try lookUp(given)
        Self.collect(found, &givenSecrets)
        return found
      }
      throw misplaced(given)
    }
    resolved[reference] = value
    return value
  }

  /// A variable holds for a whole run, and what was given does not.
  private func misplaced(_ given: Template.Given) -> Problem {
    if let name = resolving.last {
      return Problem(
        .configurationInvalid,
        "the variable \(name) refers to \(given), which only the server knows",
        at: SourceLocation(file: settings.file),
        hint: "write \(given) in the schema instead, where it is used"
      )
    }
    return Problem(
      .configurationInvalid,
      "\(given) is known to the server alone, and cannot be used here",
      hint: "such references belong into the schema"
    )
  }

  private func variable(_ name: String, fallback: String?) throws(Problem) -> Value {
    if let declared = environment.variables[name] ?? settings.variables[name] {
      guard !resolving.contains(name) else {
        throw Problem(
          .configurationInvalid,
          "variables refer to each other in a circle: \((resolving + [name]).joined(separator: " → "))",
          at: SourceLocation(file: settings.file)
        )
      }
      resolving.append(name)
      defer { resolving.removeLast() }
      let value = try resolve(declared)
      var room = Self.mostExpanded
      guard value.fits(into: &room) else {
        throw Problem(
          .configurationInvalid,
          "the variable \(name) expands to too many values",
          at: SourceLocation(file: settings.file),
          hint: "variables that refer to each other several times multiply what is in them"
        )
      }
      return value
    }
    // Pipelines hand out secrets that a build may not have as empty variables: as good as none.
    if let text = processVariables[name], !text.isEmpty {
      if withholding?.takes(.variable(name, fallback: nil)) ?? false { return .string("placeholder-\(name)") }
      return settings.plain.contains(name) ? .string(text) : .secret(Secret(text))
    }
    if let fallback { return .string(fallback) }
    if mode == .lenient { return .string("placeholder-\(name)") }
    throw Problem(
      .configurationInvalid,
      "the variable ${\(name)} is \(processVariables[name] == nil ? "not set" : "empty") for environment \(environment.name)",
      hint: "export \(name), or set it under variables in config.yaml, or write ${\(name):-default}"
    )
  }

  private func file(_ path: String) throws(Problem) -> Value {
    if withholding?.takes(.file(path)) ?? false { return .string("placeholder-\(path)") }
    do {
      var bytes = try readFile(path)
      // Files of secrets are written by editors and by orchestrators; only the former add a newline.
      if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw Problem(.configurationInvalid, "the file of ${file:\(path)} is not UTF-8 text")
      }
      return .secret(Secret(text))
    } catch let problem as Problem {
      throw problem
    } catch {
      if mode == .lenient { return .string("placeholder-\(path)") }
      throw Problem(
        .configurationInvalid,
        "the file of ${file:\(path)} cannot be read",
        hint: "the path is relative to the folder of config.yaml"
      )
    }
  }
}

extension Value {
  /// Takes what it needs from the room, and stops where none is left.
  fileprivate func fits(into room: inout Int) -> Bool {
    room -= 1
    switch self {
    case .string(let text): room -= text.utf8.count / 64
    case .secret(let secret): room -= secret.exposed { $0.utf8.count / 64 }
    case .array(let elements):
      for element in elements where !element.fits(into: &room) { return false }
    case .object(let members):
      for member in members.values where !member.fits(into: &room) { return false }
    case .null, .bool, .number: break
    }
    return room >= 0
  }
}
