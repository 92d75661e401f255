/// Rows that ask a server: `drift` and `sync`.
enum ServerRows {
  /// What the reference has in flight: connections without TLS, streams of one connection with it.
  static func inFlight(_ server: Server) -> Int { server.kind == .tls ? 64 : 16 }

  static let fewest = "the same answer from the fewest requests"
  static let each = "one read of each"
  static let writes = "the same writes and one read of each"

  static var all: [Row] {
    [
      drift("drift-1k", 1_000, isQuick: true, [.ratio(to: fewest, 1.25), .ratio(to: each, 0.75), .cpu(60)]),
      drift("drift-10k", 10_000, [.ratio(to: fewest, 1.15), .ratio(to: each, 0.85), .cpu(60)]),
      drift("drift-tls-1k", 1_000, on: .tls, [.shown(against: fewest), .cpu(70)]),
      drift("drift-tls-10k", 10_000, on: .tls, [.shown(against: fewest), .cpu(70)]),
      drift("drift-raft-1k", 1_000, on: .raft, [.shown(against: fewest), .cpu(60)]),
      far("drift-1ms", milliseconds: 1, .shown(against: fewest)),
      far("drift-5ms", milliseconds: 5, .shown(against: fewest)),
      far("drift-20ms", milliseconds: 20, .ratio(to: fewest, 1.3)),
      drift("drift-100k", 50_000, files: 100, [.memory(400), .cpu(60), .shown(against: fewest)]),
      sync("sync-1k", 1_000, isQuick: true, [.ratio(to: writes, 1.35)]),
      sync("sync-raft-1k", 1_000, on: .raft, [.ratio(to: writes, 1.15)]),
      sync("sync-100k", 50_000, files: 100, [.memory(600), .shown(against: writes)]),
    ]
  }

  /// `drift` on a server that is as recorded; `count` is of each kind.
  static func drift(
    _ id: String,
    _ count: Int,
    on kind: Server.Kind = .memory,
    files: Int = 1,
    isQuick: Bool = false,
    _ limits: [Limit]
  ) -> Row {
    let place = kind == .memory ? "" : kind == .tls ? ", HTTP/2 over TLS" : ", raft"
    let title = "drift, \(count) policies and \(count) roles\(place)"
    return Row(id: id, title: title, isQuick: isQuick, limits: limits) { row, lab in
      let resources = Resources(policies: count, roles: count)
      let (server, project) = try applied(resources, files: files, on: kind, in: lab)
      defer { server.end() }
      let lists = try (lab.list(resources.fewestReads), lab.list(resources.reads))
      var sides: [(String, () throws -> Usage)] = [
        (Measurement.tool, { try project.run("drift") }),
        (fewest, { try lab.send(lists.0, to: server, inFlight: inFlight(server)) }),
      ]
      if limits.contains(where: { if case .ratio(each, _) = $0 { true } else { false } }) {
        sides.append((each, { try lab.send(lists.1, to: server, inFlight: inFlight(server)) }))
      }
      return try .alternating(row.id, resources: resources.count, runs: lab.options.runs, sides)
    }
  }

  /// `drift` of 10,000 roles over TLS, a round trip away.
  static func far(_ id: String, milliseconds: Double, _ limit: Limit) -> Row {
    let title = "drift, 10000 roles, TLS, \(short(milliseconds)) ms round trip"
    return Row(id: id, title: title, limits: [limit]) { row, lab in
      let resources = Resources(policies: 0, roles: 10_000)
      let server = try Server(.tls, in: lab)
      defer { server.end() }
      let proxy = try DelayProxy(to: server, milliseconds: milliseconds, in: lab)
      defer { proxy.end() }
      // The state belongs to one address, so it is applied from afar too.
      let far = try lab.generated(resources, files: 1).copy().on(server, port: proxy.port)
      try far.run("ledger", "init", "--quiet")
      try far.run("sync", "--quiet")
      let list = try lab.list(resources.fewestReads)
      // The server allows 250 streams on a connection.
      let inFlight = milliseconds < 20 ? 64 : 250
      return try .alternating(
        row.id,
        resources: resources.count,
        runs: lab.options.runs,
        [
          (Measurement.tool, { try far.run("drift") }),
          (fewest, { try lab.send(list, to: server, port: proxy.port, inFlight: inFlight) }),
        ]
      )
    }
  }

  /// `sync` on an empty server: everything from the first look to the tag, except for the ledger's mount.
  static func sync(
    _ id: String,
    _ count: Int,
    on kind: Server.Kind = .memory,
    files: Int = 1,
    isQuick: Bool = false,
    _ limits: [Limit]
  ) -> Row {
    let title = "sync from nothing, \(count) policies and \(count) roles" + (kind == .raft ? ", raft" : "")
    return Row(id: id, title: title, isQuick: isQuick, limits: limits) { row, lab in
      let resources = Resources(policies: count, roles: count)
      let template = try lab.generated(resources, files: files)
      let list = try lab.list(resources.writesAndReads)
      return try .alternating(
        row.id,
        resources: resources.count,
        runs: lab.options.runs,
        [
          (
            Measurement.tool,
            {
              let server = try Server(kind, in: lab)
              defer { server.end() }
              let project = try template.copy().on(server)
              try project.run("ledger", "init", "--quiet")
              return try project.run("sync", "--quiet")
            }
          ),
          (
            writes,
            {
              let server = try Server(kind, in: lab)
              defer { server.end() }
              return try lab.send(list, to: server, inFlight: inFlight(server))
            }
          ),
        ]
      )
    }
  }

  /// A server that has everything, and the project that applied it.
  static func applied(
    _ resources: Resources,
    files: Int,
    on kind: Server.Kind,
    in lab: Lab
  ) throws -> (Server, Project) {
    let template = try lab.generated(resources, files: files)
    let server = try Server(kind, in: lab)
    let project = try template.copy().on(server)
    try project.run("ledger", "init", "--quiet")
    try project.run("sync", "--quiet")
    return (server, project)
  }
}
