import Catalogue
import Digests
import FoundationEssentials
import Values

/// What servers said about themselves, one file for each version and set of mount types, in the repository's git
/// directory.
///
/// Disposable at any time. What cannot be read or understood counts as not there; what cannot be written is asked for
/// again the next time.
package struct SpecificationCache {
  private let folder: String
  /// More than a server with every engine fills; a larger file is not ours.
  private static let sizeLimit = 8 << 20
  /// Older ones go: versions that no server has any more.
  private static let countLimit = 16
  private static let format: Value = 1

  /// - Parameter gitDirectory: The one that linked work trees share.
  package init(gitDirectory: String) {
    folder = "\(gitDirectory)/vault-migrations/openapi"
  }

  /// The distilled specification of such a server.
  func read(_ identity: Value) -> Value? {
    let path = file(identity)
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: path),
      let size = attributes[.size] as? any BinaryInteger, Int(clamping: size) <= Self.sizeLimit,
      let data = FileManager.default.contents(atPath: path),
      let document = try? JSON.parse([UInt8](data)), document["format"] == Self.format,
      document["server"] == identity
    else { return nil }
    return document["fields"]
  }

  func write(_ fields: Value, _ identity: Value) {
    let bytes = Data(JSON.text(["format": Self.format, "server": identity, "fields": fields]).utf8)
    guard bytes.count <= Self.sizeLimit else { return }
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try bytes.write(to: URL(filePath: file(identity)), options: .atomic)
    } catch {
      return
    }
    removeOldest()
  }

  private func file(_ identity: Value) -> String {
    "\(folder)/\(Digests.sha256(JSON.text(identity).utf8).prefix(32)).json"
  }

  private func removeOldest() {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    guard names.count > Self.countLimit else { return }
    let dated = names.map { name in
      let attributes = try? FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")
      return (name, attributes?[.modificationDate] as? Date ?? .distantPast)
    }
    for (name, _) in dated.sorted(by: { $0.1 < $1.1 }).dropLast(Self.countLimit) {
      try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
    }
  }
}
