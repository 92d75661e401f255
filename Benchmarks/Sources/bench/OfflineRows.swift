/// Rows that need no server: `plan --offline`, `generate`, `validate`, hooks, and the start.
enum OfflineRows {
  static let hashes = "hashing the schema's files"
  static let events = "libyaml reading the schema's events"
  static let nothing = "a process that does nothing"

  static var all: [Row] {
    [
      unchanged("plan-same-1k", 1_000, files: 10, isQuick: true, [.shown(against: hashes)]),
      unchanged("plan-same-10k", 10_000, files: 100, isQuick: true, [.shown(against: hashes)]),
      unchanged("plan-same-100k", 100_000, files: 100, [.wall(50, floor: hashes), .memory(400)]),
      edited("plan-edit-1k", 1_000, files: 10, isQuick: true, [.shown(against: events)]),
      edited("plan-edit-10k", 10_000, files: 100, isQuick: true, [.shown(against: events)]),
      edited("plan-edit-100k", 100_000, files: 100, [.ratio(to: events, 1), .memory(400)]),
      edited("plan-cold-100k", 100_000, files: 100, isCold: true, [.ratio(to: events, 4), .memory(400)]),
      generate("generate-1k", 1_000, isQuick: true, [.shown(against: events)]),
      generate("generate-10k", 10_000, isQuick: true, [.wall(1_000, floor: events)]),
      validate("validate-50", migrations: 50, isQuick: true, [.shown(against: migrationEvents)]),
      validate("validate-500", migrations: 500, [.wall(1_000, floor: migrationEvents)]),
      start("version", "--version", [.wall(10, floor: nothing)]) { _ in ["--version"] },
      prePush,
    ]
  }

  /// `plan --offline` when the schema is as it was applied.
  static func unchanged(_ id: String, _ count: Int, files: Int, isQuick: Bool = false, _ limits: [Limit])
    -> Row
  {
    let title = "plan, nothing changed, \(count) paths in \(files) files, offline"
    return Row(id: id, title: title, isQuick: isQuick, limits: limits) { row, lab in
      let project = try lab.applied(Resources(count), files: files)
      try project.refreshIndex()
      let schema = try project.schemaFiles
      return try .alternating(
        row.id,
        resources: count,
        runs: lab.options.runs,
        [
          (Measurement.tool, { try project.run("plan", "--offline") }),
          (hashes, { try lab.reference(["hash"] + schema) }),
        ]
      )
    }
  }

  /// `plan --offline` after an edit that no cache has seen; without any cache if it is cold.
  static func edited(
    _ id: String,
    _ count: Int,
    files: Int,
    isCold: Bool = false,
    isQuick: Bool = false,
    _ limits: [Limit]
  ) -> Row {
    let title =
      "plan after one edit, \(count) paths in \(files) files, offline, \(isCold ? "no cache" : "cached")"
    return Row(id: id, title: title, isQuick: isQuick, limits: limits) { row, lab in
      let project = try lab.applied(Resources(count), files: files).copy()
      let schema = try project.schemaFiles
      guard let file = schema.first(where: { $0.hasSuffix("part-0.yaml") }) else {
        throw BenchError("no part")
      }
      let text = try Files.read(file)
      guard let line = text.firstRange(of: "token_ttl: 20m") else { throw BenchError("nothing to edit") }
      var edits = 0
      return try .alternating(
        row.id,
        resources: count,
        runs: lab.options.runs,
        [
          (
            Measurement.tool,
            {
              edits += 1
              try Files.write(
                file,
                text[..<line.lowerBound] + "token_ttl: \(1_200 + edits)s" + text[line.upperBound...]
              )
              if isCold { try Files.remove(project.folder + "/.git/vault-migrations") }
              return try project.run("plan", "--offline")
            }
          ),
          (events, { try lab.reference(["yaml"] + schema) }),
        ]
      )
    }
  }

  /// The first migration of a schema.
  static func generate(_ id: String, _ count: Int, isQuick: Bool = false, _ limits: [Limit]) -> Row {
    Row(id: id, title: "generate, a migration of \(count) tasks", isQuick: isQuick, limits: limits) {
      row,
      lab in
      let folder = try lab.folder("generate") + "/repository"
      let project = try Project.make(Resources(count), files: 10, at: folder, in: lab)
      let schema = try project.schemaFiles
      return try .alternating(
        row.id,
        resources: count,
        runs: lab.options.runs,
        [
          (
            Measurement.tool,
            {
              try Files.remove(folder + "/.vault-migrations/migrations")
              return try project.run("generate", "--offline", "-m", "initial")
            }
          ),
          (events, { try lab.reference(["yaml"] + schema) }),
        ]
      )
    }
  }

  /// `validate` of one migration with everything.
  static func valid(_ id: String, _ count: Int, _ limits: [Limit]) -> Row {
    Row(id: id, title: "validate, \(count) paths", limits: limits) { row, lab in
      let project = try lab.applied(Resources(count), files: 100)
      let schema = try project.schemaFiles
      return try .alternating(
        row.id,
        resources: count,
        runs: lab.options.runs,
        [
          (Measurement.tool, { try project.run("validate") }),
          (events, { try lab.reference(["yaml"] + schema) }),
        ]
      )
    }
  }

  static let migrationEvents = "libyaml reading the events of schema and migrations"

  /// `validate` of many migrations of twenty tasks each.
  static func validate(_ id: String, migrations: Int, isQuick: Bool = false, _ limits: [Limit]) -> Row {
    Row(id: id, title: "validate, \(migrations) migrations of 20 tasks", isQuick: isQuick, limits: limits) {
      row,
      lab in
      let project = try lab.grown(migrations: migrations)
      let base = project.folder + "/.vault-migrations/migrations"
      let files =
        try project.schemaFiles
        + Files.names(in: base).filter { $0.hasSuffix(".yaml") }.map { "\(base)/\($0)" }
      return try .alternating(
        row.id,
        resources: 20 * migrations,
        runs: lab.options.runs,
        [
          (Measurement.tool, { try project.run("validate") }),
          (migrationEvents, { try lab.reference(["yaml"] + files) }),
        ]
      )
    }
  }

  /// A command whose start is all there is to it.
  static func start(
    _ id: String,
    _ title: String,
    _ limits: [Limit],
    _ arguments: @escaping (Project) throws -> [String]
  ) -> Row {
    Row(id: id, title: title, isQuick: true, limits: limits) { row, lab in
      let project = try lab.generated(Resources(10), files: 1)
      let words = try arguments(project)
      return try .alternating(
        row.id,
        resources: 1,
        runs: 4 * lab.options.runs,
        [
          (Measurement.tool, { try project.tool(words).check(log: lab.log).usage }),
          (nothing, { try lab.command("/bin/true", [], in: "/").check(log: lab.log).usage }),
        ]
      )
    }
  }

  /// The hook that git calls before a push, of a small repository.
  static var prePush: Row {
    Row(
      id: "pre-push",
      title: "hooks run pre-push, small repository",
      isQuick: true,
      limits: [
        .wall(40, floor: nothing)
      ]
    ) { row, lab in
      let project = try lab.generated(Resources(10), files: 1)
      let head = try lab.git("rev-parse", "HEAD", in: project.folder)
      let input = try lab.folder("push") + "/refs"
      try Files.write(input, "refs/heads/main \(head) refs/heads/main \(String(repeating: "0", count: 40))\n")
      var hook = project.tool(["hooks", "run", "pre-push"])
      hook.input = input
      return try .alternating(
        row.id,
        resources: 1,
        runs: 4 * lab.options.runs,
        [
          (Measurement.tool, { try hook.check(log: lab.log).usage }),
          (nothing, { try lab.command("/bin/true", [], in: "/").check(log: lab.log).usage }),
        ]
      )
    }
  }
}

extension Lab {
  /// A project that grew migration by migration.
  func grown(migrations: Int) throws -> Project {
    try kept("grown-\(migrations)") { folder in
      let project = try Project.make(Resources(0), files: 2, at: folder, in: self)
      let parts = Resources(20 * migrations).schema(files: migrations).dropFirst()
      for (index, part) in parts.enumerated() {
        try project.write([part])
        try project.run("generate", "--offline", "-m", "step-\(index)")
        // Each version has its commit, as in a repository that grew.
        try project.commit("Add step \(index)")
      }
    }
  }
}
