import Catalogue
import Configuration
import Values
import VaultClient

/// What one environment's server has at declared paths, as a person would have written it.
package struct SchemaView: Sendable {
  struct Entry: Sendable {
    var value: Value
    /// Of a secret, the names of its fields; `nil` where nobody may know them.
    var secretNames: Set<String>?
  }

  let entries: [VaultPath: Entry]
  /// The fields, by path, that refer to what only this server knows: another has others by nature.
  let givenFields: [VaultPath: Set<String>]

  /// What another server has otherwise: created is what only the other one has.
  package func differences(to other: SchemaView) -> [Change] {
    Set(entries.keys).union(other.entries.keys).sorted().compactMap { path in
      switch (entries[path], other.entries[path]) {
      case (nil, nil): return nil
      case (.some, nil): return Change(path: path, action: .delete, fields: [])
      case (nil, .some): return Change(path: path, action: .create, fields: [])
      case (let ours?, let theirs?):
        let ignored = givenFields[path, default: []].union(other.givenFields[path] ?? [])
        var fields = Change.Field.differences(from: ours.value, to: theirs.value).filter { field in
          !ignored.contains(String(field.name.prefix { $0 != "." }))
        }
        if let left = ours.secretNames, let right = theirs.secretNames {
          fields += left.symmetricDifference(right).sorted().map { name in
            let mark = Value.secret(Secret(name))
            return Change.Field(
              name: "data.\(name)",
              from: left.contains(name) ? mark : nil,
              to: right.contains(name) ? mark : nil
            )
          }
        }
        return fields.isEmpty ? nil : Change(path: path, action: .update, fields: fields)
      }
    }
  }
}

extension Inspector {
  /// What is live at the paths that any of some environments declares.
  ///
  /// Secrets are looked at by the names of their fields alone. Throws ``Problem``, ``VaultError``.
  package func view(ofPathsIn environments: [String]) throws -> SchemaView {
    var declared: [VaultPath: Value] = [:]
    var sharing: [VaultPath: Manage] = [:]
    var mounts = try target.mounts(declaredBy: Fold())
    // This environment's own words count last.
    for name in environments.sorted(by: { left, _ in left != target.environment.name }) {
      let fold = try Fold(project.migrations, environment: name)
      declared.merge(fold.resources) { $1 }
      sharing.merge(fold.manages) { $1 }
      mounts.insert(contentsOf: fold.mounts)
    }
    let live = try target.reader(for: declared, sharing: sharing).read(declared.keys, mounts: mounts)
    let table = FieldTable.builtIn
    var entries: [VaultPath: SchemaView.Entry] = [:]
    for (path, value) in live {
      let endpoint = target.catalogue.endpoint(for: path, mounts: mounts)
      if endpoint.kind == .kvData {
        entries[path] = SchemaView.Entry(value: [:], secretNames: names(inSecret: path, mounts))
      } else {
        let written = endpoint.writtenForm(of: value.object ?? [:], known: table.fields(of: endpoint))
        entries[path] = SchemaView.Entry(value: .object(written))
      }
    }
    let given = declared.mapValues { value in
      Set((value.object ?? [:]).filter { !$0.value.givenReferences.isEmpty }.keys)
    }
    return SchemaView(entries: entries, givenFields: given.filter { !$0.value.isEmpty })
  }

  private func names(inSecret path: VaultPath, _ mounts: MountTable) -> Set<String>? {
    guard let prefix = mounts.mount(holding: path)?.prefix, path.path.hasPrefix(prefix + "data/") else {
      return nil
    }
    let keys = path.with(path: prefix + "subkeys/" + path.path.dropFirst(prefix.count + "data/".count))
    let answer = try? target.client.perform(VaultRequest(.read, keys))
    return answer?.data?["subkeys"]?.object.map { Set($0.keys) }
  }
}
