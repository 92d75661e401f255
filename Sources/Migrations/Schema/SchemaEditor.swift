import Catalogue
package import Values
import YAML

/// Changes entries of the schema in its files: comments, order and layout of everything else stay.
package struct SchemaEditor {
  private var edits: [(path: String, edit: TextEdit)] = []

  /// Takes the files of a schema.
  ///
  /// - Throws: ``Problem`` for a file that is not YAML.
  package init(_ files: [ProjectFile]) throws(Problem) {
    for file in files {
      do throws(YAMLError) {
        edits.append((file.path, try TextEdit(file.bytes, file: file.path)))
      } catch {
        throw error.problem
      }
    }
  }

  /// The files as they are now.
  package var files: [ProjectFile] { edits.map { ProjectFile(path: $0.path, bytes: $0.edit.bytes) } }

  /// Gives a field of an entry another value, or takes it away with `nil`.
  ///
  /// The names of nested fields follow each other.
  mutating func set(_ field: [String], of path: VaultPath, to value: Value?) throws(Problem) {
    let place = try place(of: path)
    var field = field
    // People write both.
    let entry = edits[place.file].edit.root?.node(at: place.keys)
    if field.first == "config", path.isMount || path.isAuthMethod, let tune = entry?["tune"],
      entry?["config"]?[field.last ?? ""] == nil, tune[field.last ?? ""] != nil || entry?["config"] == nil
    {
      field[0] = "tune"
    }
    let isPolicy = path.path.hasPrefix("sys/policies/acl/") && field == ["policy"]
    do throws(YAMLError) {
      if field.count == 2, entry?[field[0]] == nil, let value {
        try edits[place.file].edit.set(place.keys + [field[0]], to: [field[1]: value])
      } else if let value {
        try edits[place.file].edit.set(place.keys + field, to: value)
      } else {
        try edits[place.file].edit.remove(place.keys + field)
      }
      if isPolicy, entry?["policies"] != nil { try edits[place.file].edit.remove(place.keys + ["policies"]) }
    } catch {
      throw error.problem(about: path)
    }
  }

  /// Takes an entry away.
  mutating func remove(_ path: VaultPath) throws(Problem) {
    let place = try place(of: path)
    do throws(YAMLError) {
      try edits[place.file].edit.remove(place.keys)
    } catch {
      throw error.problem(about: path)
    }
  }

  private func place(of path: VaultPath) throws(Problem) -> (file: Int, keys: [String]) {
    let folders = path.namespace.split(separator: "/").flatMap { ["namespaces", String($0)] }
    let keys = folders + ["desired_state"]
    for (index, file) in edits.enumerated() {
      let entries = file.edit.root?.node(at: keys)?.mapping ?? []
      let entry = entries.first { PathRules.normal($0.key, in: path.namespace) == path }
      if let entry { return (index, keys + [entry.key]) }
    }
    throw Problem(.schemaInvalid, "the schema has no entry for \(path)", path: path.description)
  }
}

extension Node {
  fileprivate func node(at keys: [String]) -> Node? {
    keys.reduce(Optional(self)) { node, key in node?[key] }
  }
}

extension YAMLError {
  fileprivate var problem: Problem { Problem(.schemaInvalid, message, at: location, hint: hint) }

  fileprivate func problem(about path: VaultPath) -> Problem {
    Problem(.schemaInvalid, "\(path): \(message)", at: location, path: path.description, hint: hint)
  }
}
