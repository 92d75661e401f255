import FoundationEssentials
import Glibc
import SystemPackage
import Platform
import Values

/// The files of an embedded server, in `.vault-migrations/.embedded/`, which only their owner may enter.
struct ServerFolder: Sendable {
  let path: String

  init(_ path: String) {
    self.path = path.hasPrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
  }

  // Relative names: the server runs in this folder, so that a checkout can be moved.
  static let configuration = "config.json"
  static let storage = "data"
  static let sealKey = "seal.key"
  static let log = "server.log"
  static let credentials = "credentials.json"

  func file(_ name: String) -> String { "\(path)/\(name)" }

  /// The checkout that the folder belongs to: the nearest folder above with a `.git`.
  var checkout: String {
    var project = FilePath(path)
    while let last = project.lastComponent, last.string != ".vault-migrations" {
      project.removeLastComponent()
    }
    let root =
      project.components.isEmpty ? FilePath(path).removingLastComponent() : project.removingLastComponent()
    var folder = root
    while !folder.components.isEmpty {
      if FileManager.default.fileExists(atPath: folder.appending(".git").string) { return folder.string }
      folder.removeLastComponent()
    }
    return root.string
  }

  /// Creates the folder, closed to others and ignored by git, unless it is there.
  func create() throws {
    let parent = FilePath(path).removingLastComponent().string
    if !FileManager.default.fileExists(atPath: parent) {
      try FileManager.default.createDirectory(
        atPath: parent,
        withIntermediateDirectories: true,
        attributes: [.posixPermissions: 0o700]
      )
      try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: parent)
    }
    if !FileManager.default.fileExists(atPath: path) {
      try FileManager.default.createDirectory(
        atPath: path,
        withIntermediateDirectories: true,
        attributes: [.posixPermissions: 0o700]
      )
    }
    try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: path)
    if !has(".gitignore") {
      try write(Array("*\n".utf8), to: ".gitignore")
    }
  }

  /// Writes a file that only its owner may read, and makes sure that it is on the disk.
  func write(_ bytes: [UInt8], to name: String) throws {
    let descriptor = try FileDescriptor.open(
      FilePath(file(name)),
      .writeOnly,
      options: [.create, .truncate, .closeOnExec],
      permissions: .ownerReadWrite
    )
    try descriptor.closeAfter {
      _ = try descriptor.writeAll(bytes)
      guard fsync(descriptor.rawValue) == 0 else { throw Errno(rawValue: errno) }
    }
  }

  var exists: Bool { FileManager.default.fileExists(atPath: path) }

  func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: file(name)) }

  func remove(_ name: String) throws {
    guard has(name) else { return }
    try FileManager.default.removeItem(atPath: file(name))
  }

  // MARK: - The lock

  /// Takes the lock of the folder, or returns `nil` when a server or another run holds it.
  ///
  /// The lock belongs to the open file, which the server inherits: the kernel releases it when the last of the tool
  /// and the server is gone, however they ended. So nobody may unlock it; closing is enough.
  func tryLock() throws -> FileDescriptor? {
    let descriptor = try FileDescriptor.open(
      FilePath(file("lock")),
      .readWrite,
      options: [.create, .closeOnExec],
      permissions: .ownerReadWrite
    )
    if flock(descriptor.rawValue, LOCK_EX | LOCK_NB) == 0 { return descriptor }
    let error = Errno(rawValue: errno)
    try descriptor.close()
    guard error == .wouldBlock else { throw error }
    return nil
  }

  // MARK: - Records

  /// What initialisation gave: without it nobody can use the data.
  struct Credentials: Codable {
    let kind: ServerProgram.Kind
    let rootToken: String
    /// HashiCorp Vault's only key share; OpenBao unseals itself.
    let unsealKey: String?
    /// OpenBao's recovery key, needed to make a new root token.
    let recoveryKey: String?
  }

  /// A server that was left running by `dev up`.
  struct Running: Codable {
    let address: String
    let process: ProcessIdentity
  }

  var credentials: Credentials? { read(Self.credentials) }

  func save(_ credentials: Credentials) throws { try save(credentials, as: Self.credentials) }

  var running: Running? { read("server.json") }

  func save(_ running: Running) throws { try save(running, as: "server.json") }

  func removeRunning() throws { try remove("server.json") }

  private func save(_ record: some Encodable, as name: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    try write(Array(encoder.encode(record)) + Array("\n".utf8), to: name)
  }

  /// A record that is missing or was cut off by a crash is no record.
  private func read<Record: Decodable>(_ name: String) -> Record? {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return FileManager.default.contents(atPath: file(name)).flatMap {
      try? decoder.decode(Record.self, from: $0)
    }
  }

  /// The lines that the server has written since its start.
  var logLines: [Substring] {
    let text = (try? String(contentsOfFile: file(Self.log), encoding: .utf8)) ?? ""
    return text.split(whereSeparator: \.isNewline)
  }
}
