import FoundationEssentials
import Glibc

/// A folder of a test's own, removed at its end unless `KEEP_SCRATCH` is set.
package struct Scratch: Sendable {
  package let path: String

  /// Makes a folder, runs `body` with it, and removes it with everything inside.
  ///
  /// - Throws: What `body` throws, or ``FixtureError`` when there is no folder to be had.
  package static func with<Result>(_ body: (Scratch) async throws -> Result) async throws -> Result {
    let scratch = try Scratch()
    defer { scratch.remove() }
    return try await body(scratch)
  }

  init() throws {
    let parent = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
    let pattern = "\(parent)/vault-migrations-XXXXXX"
    guard let made = pattern.withCString({ strdup($0) }) else { throw FixtureError("no memory") }
    defer { free(made) }
    guard mkdtemp(made) != nil else { throw FixtureError("no scratch folder in \(parent)") }
    path = String(cString: made)
  }

  func remove() {
    if ProcessInfo.processInfo.environment["KEEP_SCRATCH"] == nil {
      try? FileManager.default.removeItem(atPath: path)
    }
  }

  /// The path of something inside.
  package func file(_ name: String) -> String { "\(path)/\(name)" }

  /// Writes a file, making folders as needed.
  ///
  /// - Returns: Its path.
  /// - Throws: What the file system reports.
  @discardableResult
  package func write(_ name: String, _ text: String) throws -> String {
    let target = file(name)
    if let slash = target.lastIndex(of: "/") {
      try FileManager.default.createDirectory(
        atPath: String(target[..<slash]),
        withIntermediateDirectories: true
      )
    }
    try Data(text.utf8).write(to: URL(filePath: target))
    return target
  }

  /// The text of a file inside; empty if there is none.
  package func read(_ name: String) -> String {
    String(decoding: FileManager.default.contents(atPath: file(name)) ?? Data(), as: UTF8.self)
  }
}

/// A text that nobody guesses, for passwords and tokens of a test's own.
package func randomText(_ prefix: String = "") -> String {
  prefix + String(UInt64.random(in: .min ... .max), radix: 36)
    + String(UInt64.random(in: .min ... .max), radix: 36)
}

/// The folder with `Package.swift`.
package let packageRoot: String = {
  var parts = #filePath.split(separator: "/")
  // Tests/TestSupport/Scratch.swift
  parts.removeLast(3)
  return "/" + parts.joined(separator: "/")
}()
