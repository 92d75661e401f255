package import Catalogue
import Values
import VaultClient

extension Target {
  /// The table of fields, with what this server says about its own; from now on the comparison of what nobody
  /// recorded knows its types, too.
  ///
  /// The server is asked once for each version and set of mount types; a token that sees less of it is told less, and
  /// the carried table fills the gaps. An answer that is of no use is noted, and never fails anything.
  ///
  /// `note` gets what a user should know, as one sentence.
  package func fieldTable(note: (String) -> Void) -> FieldTable {
    if let known = catalogue.serverFields { return known }
    var table = FieldTable.builtIn
    if let distilled = specification(note) {
      do throws(CatalogueError) {
        table = try table.with(server: distilled)
      } catch {
        note("what the server says about its fields cannot be used: \(error.message)")
      }
    }
    catalogue.serverFields = table
    return table
  }

  /// What this server's own description says against the fields of entries; it is not asked about none.
  func fieldWarnings(
    about schema: Schema,
    only paths: Set<VaultPath>,
    note: (String) -> Void
  ) -> [Problem] {
    guard paths.contains(where: { schema.declaration(at: $0) != nil }) else { return [] }
    return FieldCheck.warnings(about: schema, fieldTable(note: note), catalogue: catalogue, only: paths)
  }

  private func specification(_ note: (String) -> Void) -> Value? {
    let identity: Value
    let listed: MountTable
    do {
      (listed, identity) = try specificationIdentity()
    } catch {
      return nil
    }
    if let known = specifications?.read(identity), (try? FieldTable.builtIn.with(server: known)) != nil {
      return known
    }
    guard let distilled = askSpecification(listed, note) else { return nil }
    specifications?.write(distilled, identity)
    return distilled
  }

  /// What the server's answer depends on, as far as this token can tell.
  private func specificationIdentity() throws(VaultError) -> (MountTable, Value) {
    var table = MountTable()
    var plugins: Set<String> = []
    func add(_ entries: [String: Value], _ kind: String) {
      for (name, entry) in entries {
        table.insert(VaultPath(kind + name), declared: entry)
        let marks = ["type", "running_plugin_version", "running_sha256"].map { entry[$0]?.string ?? "" }
        plugins.insert(kind + marks.joined(separator: " "))
      }
    }
    let (engines, methods) = try mountEntries(in: "")
    add(engines, "")
    add(methods, "auth/")
    return (
      table, ["version": .string(health.version), "plugins": .array(plugins.sorted().map(Value.string))]
    )
  }

  /// - Returns: An empty map for an answer that is of no use; `nil` when there was none.
  private func askSpecification(_ mounts: MountTable, _ note: (String) -> Void) -> Value? {
    let request = VaultRequest(
      .read,
      VaultPath("sys/internal/specs/openapi"),
      query: [("generic_mount_paths", "false")]
    )
    do throws(VaultError) {
      let document = try client.asking("how the server describes its fields") { () throws(VaultError) in
        try client.perform(request).raw
      }
      if let fields = Specification(document, mounts: mounts, catalogue: catalogue).distilled {
        return fields
      }
      note("the server's description of its own fields is not one; names and types are checked without it")
      return [:]
    } catch {
      switch error.kind {
      case .notVault, .unsupported, .notFound, .noSuchMount, .tooLarge:
        note("the server does not describe its own fields; names and types are checked without it")
        return [:]
      default:
        note("the server was not asked for its own fields: \(error.message)")
        return nil
      }
    }
  }
}
