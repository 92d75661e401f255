import Configuration
import TestSupport
import Values

/// Reads a `config.yaml` that is written out in a test.
func settings(_ text: String) throws -> Settings {
  try SettingsReader.read(Array(text.utf8), file: "config.yaml").settings
}

/// What reading a `config.yaml` complains about, whole.
func complaints(about text: String) throws -> [String] {
  try complaints { try settings(text) }
}

/// The smallest `config.yaml`, with more lines after it.
func minimal(_ more: String = "") -> String {
  """
  project: payments
  environments: {dev: {server: embedded}, prod: {}}
  \(more)
  """
}

/// A file that cannot be read.
struct Missing: Error {}

/// What references are resolved against, and how often each file was read.
final class World {
  var files: [String: String]
  private(set) var reads: [String: Int] = [:]
  private let configuration: String
  private let process: [String: String]

  /// Without a project of its own, `configuration` is what follows the smallest `config.yaml`.
  init(_ configuration: String = "", process: [String: String] = [:], files: [String: String] = [:]) {
    self.configuration = configuration
    self.process = process
    self.files = files
  }

  func resolver(for environment: String = "dev", mode: Resolver.Mode = .strict) throws -> Resolver {
    let settings = try settings(configuration.contains("project:") ? configuration : minimal(configuration))
    return Resolver(
      settings: settings,
      environment: try settings.environment(environment),
      processVariables: process,
      mode: mode
    ) { path in
      self.reads[path, default: 0] += 1
      guard let text = self.files[path] else { throw Missing() }
      return Array(text.utf8)
    }
  }

  func resolve(_ value: Value, for environment: String = "dev", mode: Resolver.Mode = .strict) throws -> Value
  {
    try resolver(for: environment, mode: mode).resolve(value)
  }

  func complaints(_ value: Value, mode: Resolver.Mode = .strict) throws -> [String] {
    try TestSupport.complaints { try resolve(value, mode: mode) }
  }
}

func secret(_ text: String) -> Value { .secret(Secret(text)) }
