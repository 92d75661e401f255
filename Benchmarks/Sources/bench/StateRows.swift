import FoundationEssentials

/// Rows of git: what it takes to record a state.
enum StateRows {
  static let pack = "one streamed pack in C"
  static let fastImport = "git fast-import"
  static let update = "libgit2 changing the same files"

  static var all: [Row] {
    [
      full("commit-1k", 1_000, isQuick: true, hasFastImport: false, [.shown(against: pack)]),
      full("commit-10k", 10_000, isQuick: true, [.ratio(to: pack, 1.4), .shown(against: fastImport)]),
      full("commit-100k", 100_000, [.ratio(to: pack, 1.4), .ratio(to: fastImport, 0.5)]),
      small("commit-10-of-100k", mounts: 100, [.wall(40, floor: update)]),
      small("commit-10-of-one-mount", mounts: 1, [.shown(against: update)]),
    ]
  }

  /// The first commit of a state; the reference writes the same objects, which it has in memory.
  static func full(
    _ id: String,
    _ count: Int,
    isQuick: Bool = false,
    hasFastImport: Bool = true,
    _ limits: [Limit]
  ) -> Row {
    Row(id: id, title: "state commit, \(count) paths", isQuick: isQuick, limits: limits) { row, lab in
      let source = try lab.repository()
      _ = try lab.stateCommit("full", source, count, mounts: 100)
      let stream = source + ".stream"
      try lab.git("fast-export", "vault-migrations/prod", in: source, to: stream)
      var sides: [(String, () throws -> Usage)] = [
        (Measurement.tool, { try lab.stateCommit("full", try lab.repository(), count, mounts: 100) }),
        (pack, { try lab.reference(["pack", source, "vault-migrations/prod", try lab.repository()]) }),
      ]
      if hasFastImport { sides.append((fastImport, { try lab.fastImport(stream) })) }
      return try .alternating(row.id, resources: count, runs: lab.options.runs, sides)
    }
  }

  /// A commit of ten changed roles in 100,000 paths.
  static func small(_ id: String, mounts: Int, _ limits: [Limit]) -> Row {
    let title = "state commit, 10 of 100000 paths, roles on \(mounts) auth method\(mounts == 1 ? "" : "s")"
    return Row(id: id, title: title, limits: limits) { row, lab in
      let repository = try lab.repository()
      _ = try lab.stateCommit("full", repository, 100_000, mounts: mounts)
      let before = try lab.git("rev-parse", "vault-migrations/prod", in: repository)
      _ = try lab.stateCommit("update", repository, 100_000, mounts: mounts, changed: 10)
      let files = try lab.git(
        "diff-tree",
        "-r",
        "--name-only",
        before,
        "vault-migrations/prod",
        in: repository
      )
      .split(separator: "\n").map(String.init)
      return try .alternating(
        row.id,
        resources: 10,
        runs: lab.options.runs,
        [
          (
            Measurement.tool,
            { try lab.stateCommit("update", repository, 100_000, mounts: mounts, changed: 10) }
          ),
          (update, { try lab.reference(["update", repository, before] + files) }),
        ]
      )
    }
  }
}

extension Lab {
  /// An empty bare repository.
  func repository() throws -> String {
    let folder = try folder("repository") + "/bare.git"
    try git("init", "-q", "--bare", folder, in: "/")
    return folder
  }

  /// Runs the tool's own recording of a state.
  func stateCommit(
    _ verb: String,
    _ repository: String,
    _ paths: Int,
    mounts: Int,
    changed: Int = 0
  ) throws -> Usage {
    let arguments = [verb, repository, String(paths), String(mounts), String(changed)]
    return try timed(command(options.stateCommit, arguments, in: "/"))
  }

  /// Reads a stream of git's own into a new repository.
  func fastImport(_ stream: String) throws -> Usage {
    var command = command("git", ["fast-import", "--quiet"], in: try repository())
    command.input = stream
    return try command.check(log: log).usage
  }

  /// Runs git, and keeps its output in a file.
  func git(_ arguments: String..., in directory: String, to file: String) throws {
    try command("git", arguments, in: directory).check(log: file, reading: false)
  }
}
