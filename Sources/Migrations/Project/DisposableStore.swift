import Digests
import FoundationEssentials
import Values

/// Documents by what they are about, one file each, in the repository's git directory.
///
/// What cannot be read or understood counts as not there; what cannot be written is worked out again the next time.
struct DisposableStore {
  let folder: String
  /// Larger files are not ours.
  private static let sizeLimit = 8 << 20
  /// Older ones go.
  private static let countLimit = 16
  private static let format: Value = 1

  func read(_ key: Value) -> Value? {
    let path = file(key)
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: path),
      let size = attributes[.size] as? any BinaryInteger, Int(clamping: size) <= Self.sizeLimit,
      let data = FileManager.default.contents(atPath: path),
      let document = try? JSON.parse([UInt8](data)), document["format"] == Self.format,
      document["key"] == key
    else { return nil }
    return document["content"]
  }

  func write(_ content: Value, _ key: Value) {
    let bytes = Data(JSON.text(["format": Self.format, "key": key, "content": content]).utf8)
    guard bytes.count <= Self.sizeLimit else { return }
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try bytes.write(to: URL(filePath: file(key)), options: .atomic)
    } catch {
      return
    }
    removeOldest()
  }

  private func file(_ key: Value) -> String {
    "\(folder)/\(Digests.sha256(JSON.text(key).utf8).prefix(32)).json"
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
