/// Rows of what else there is that runs here: loops around a client library and around the command line.
enum PeerRows {
  static let hvac = "an hvac loop"
  static let bao = "a loop of bao calls"

  /// So few are sent by calls of a command line, which takes long; the time is multiplied by what is left out.
  static let baoPart = 50

  static var all: [Row] { [apply, nothingToDo] }

  /// Everything written on an empty server.
  static var apply: Row {
    Row(
      id: "peers-apply",
      title:
        "sync from nothing against peers, 1000 policies and 1000 roles (bao: \(baoPart) of each, times 20)",
      limits: [.faster(than: hvac, 4), .faster(than: bao, 300)]
    ) { row, lab in
      let resources = Resources(policies: 1_000, roles: 1_000)
      let template = try lab.generated(resources, files: 1)
      let list = try lab.list(resources.writesAndReads)
      let part = try lab.list(Resources(policies: baoPart, roles: baoPart).writesAndReads)
      let onNewServer = { (run: (Server) throws -> Usage) in
        let server = try Server(.memory, in: lab)
        defer { server.end() }
        return try run(server)
      }
      return try .alternating(
        row.id,
        resources: resources.count,
        runs: lab.options.runs,
        [
          (
            Measurement.tool,
            {
              try onNewServer { server in
                let project = try template.copy().on(server)
                try project.run("ledger", "init", "--quiet")
                return try project.run("sync", "--quiet")
              }
            }
          ),
          (hvac, { try onNewServer { try lab.hvac("apply", list, on: $0) } }),
          (
            bao,
            {
              var usage = try onNewServer { try lab.baoLoop(part, on: $0) }
              usage.wall *= Double(resources.policies / baoPart)
              usage.cpu *= Double(resources.policies / baoPart)
              return usage
            }
          ),
        ]
      )
    }
  }

  /// A second run, when everything is there.
  static var nothingToDo: Row {
    Row(
      id: "peers-no-change",
      title: "nothing to do against peers, 1000 policies and 1000 roles",
      limits: [.faster(than: hvac, 8)]
    ) { row, lab in
      let resources = Resources(policies: 1_000, roles: 1_000)
      let (server, project) = try ServerRows.applied(resources, files: 1, on: .memory, in: lab)
      defer { server.end() }
      let list = try lab.list(resources.writesAndReads)
      return try .alternating(
        row.id,
        resources: resources.count,
        runs: lab.options.runs,
        [
          (Measurement.tool, { try project.run("drift") }),
          (hvac, { try lab.hvac("check", list, on: server) }),
        ]
      )
    }
  }
}

extension Lab {
  /// Runs the loop around hvac.
  func hvac(_ verb: String, _ list: String, on server: Server) throws -> Usage {
    var command = command(options.python, ["\(options.package)/peers/hvac_loop.py", verb, list], in: "/")
    command.environment.merge(["VAULT_ADDR": server.address, "VAULT_TOKEN": server.token]) { $1 }
    return try command.check(log: log).usage
  }

  /// Runs the loop of calls.
  func baoLoop(_ list: String, on server: Server) throws -> Usage {
    var command = command("\(options.package)/peers/bao_loop", [options.server, list], in: "/")
    command.environment.merge(["BAO_ADDR": server.address, "BAO_TOKEN": server.token]) { $1 }
    return try command.check(log: log).usage
  }
}
