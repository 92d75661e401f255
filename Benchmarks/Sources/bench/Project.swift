import FoundationEssentials

/// A repository with a project in it, as a user has one.
struct Project {
  let folder: String
  let lab: Lab
  /// What leads the tool to a server.
  var variables: [String: String] = [:]

  private var settings: String { folder + "/.vault-migrations/config.yaml" }

  /// A repository with the schema of resources, split into files, and no migration yet.
  static func make(_ resources: Resources, files: Int, at folder: String, in lab: Lab) throws -> Project {
    let project = Project(folder: folder, lab: lab)
    try Files.makeFolder(folder)
    try lab.git("init", "-q", in: folder)
    let schema = files == 1 ? "schema.yaml" : "schema"
    try Files.write(
      project.settings,
      """
      version: 1
      project: benchmark
      schema: \(schema)
      remote: ""
      default_environment: prod
      environments:
        prod: {}

      """
    )
    try project.write(resources.schema(files: files))
    try project.commit("Start")
    return project
  }

  /// Writes files below `.vault-migrations/`.
  func write(_ files: [(name: String, text: String)]) throws {
    for file in files { try Files.write("\(folder)/.vault-migrations/\(file.name)", file.text) }
  }

  func commit(_ message: String) throws {
    try lab.git("add", "-A", in: folder)
    try lab.git("commit", "-q", "--allow-empty", "-m", message, in: folder)
  }

  /// The files of the schema.
  var schemaFiles: [String] {
    get throws {
      let base = folder + "/.vault-migrations"
      if Files.exists(base + "/schema.yaml") { return [base + "/schema.yaml"] }
      return try FileManager.default.contentsOfDirectory(atPath: base + "/schema").sorted()
        .map { "\(base)/schema/\($0)" }
    }
  }

  /// A copy that can be changed.
  func copy() throws -> Project {
    let target = try lab.folder("project") + "/repository"
    try lab.command("cp", ["-r", "--reflink=auto", folder, target], in: "/").check(log: lab.log)
    let copy = Project(folder: target, lab: lab, variables: variables)
    try copy.refreshIndex()
    return copy
  }

  /// Lets git's index know the files, as after a clone.
  func refreshIndex() throws {
    try lab.command("git", ["update-index", "-q", "--refresh"], in: folder).check(log: lab.log)
  }

  /// The same project, led to a server.
  func on(_ server: Server, port: Int? = nil) -> Project {
    var project = self
    let address = server.address.replacing(":\(server.port)", with: ":\(port ?? server.port)")
    project.variables = ["VAULT_ADDR": address, "VAULT_TOKEN": server.token]
    if let authority = server.authority { project.variables["VAULT_CACERT"] = authority }
    return project
  }

  /// The tool as it is called here.
  func tool(_ arguments: [String]) -> Command {
    var command = lab.command(lab.options.tool, arguments, in: folder)
    command.environment.merge(variables) { $1 }
    return command
  }

  /// Runs the tool, and says what it cost.
  @discardableResult
  func run(_ arguments: String..., exits status: Int32 = 0) throws -> Usage {
    try tool(arguments).check(log: lab.log, exits: status).usage
  }
}

extension Lab {
  /// A project with its first migration, which takes long to make and is kept.
  func generated(_ resources: Resources, files: Int) throws -> Project {
    try kept("generated-\(resources.policies)-\(resources.roles)-\(files)") { folder in
      let project = try Project.make(resources, files: files, at: folder, in: self)
      try project.run("generate", "--offline", "-m", "initial")
      try project.commit("Add the first migration")
    }
  }

  /// The same after it was applied: its state branch says what some server had.
  func applied(_ resources: Resources, files: Int) throws -> Project {
    try kept("applied-\(resources.policies)-\(resources.roles)-\(files)") { folder in
      let base = try generated(resources, files: files)
      try command("cp", ["-r", base.folder, folder], in: "/").check(log: log)
      let server = try Server(.memory, in: self)
      defer { server.end() }
      let project = Project(folder: folder, lab: self).on(server)
      try project.run("ledger", "init", "--quiet")
      try project.run("sync", "--quiet")
    }
  }

  /// A project in the folder of fixtures, made if it is not there in this form.
  func kept(_ name: String, _ make: (String) throws -> Void) throws -> Project {
    let folder = "\(options.fixtures)/\(name)"
    let stamp = folder + ".version"
    let isCurrent = (try? Files.read(stamp)) == String(Resources.version) && !isStale(name)
    if !isCurrent {
      say("  making \(name)")
      try Files.remove(stamp)
      try Files.remove(folder)
      try Files.makeFolder(options.fixtures)
      try make(folder)
      try Files.write(stamp, String(Resources.version))
      made.insert(name)
    }
    return Project(folder: folder, lab: self)
  }

  private func isStale(_ name: String) -> Bool { options.isFresh && !made.contains(name) }
}
