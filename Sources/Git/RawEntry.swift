/// The name of an entry, compared byte by byte.
///
/// `String` would hold two spellings of an accented letter for one name; to git they are two.
struct EntryName: Hashable {
  let bytes: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

  var text: String { String(decoding: bytes, as: UTF8.self) }

  static func == (left: EntryName, right: EntryName) -> Bool { left.bytes.elementsEqual(right.bytes) }

  func hash(into hasher: inout Hasher) {
    bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
  }
}

/// A line of a tree object as git stores it; names are bytes, because git does not promise UTF-8.
struct RawEntry {
  /// The raw bytes, of the whole tree where it was read from one.
  var name: ArraySlice<UInt8>
  var mode: UInt32
  var id: ObjectID

  var isTree: Bool { mode & 0o170000 == 0o040000 }

  /// Reads a tree object; nil when it is damaged.
  static func parse(_ bytes: [UInt8]) -> [RawEntry]? {
    var entries: [RawEntry] = []
    entries.reserveCapacity(bytes.count / 32)
    var position = 0
    while position < bytes.count {
      var mode: UInt32 = 0
      while position < bytes.count, bytes[position] != UInt8(ascii: " ") {
        let digit = bytes[position] &- UInt8(ascii: "0")
        guard digit < 8 else { return nil }
        mode = mode << 3 | UInt32(digit)
        position += 1
      }
      let start = position + 1
      guard start < bytes.count, let end = bytes[start...].firstIndex(of: 0), end + 20 < bytes.count else {
        return nil
      }
      let id = bytes.withUnsafeBytes { memory -> ObjectID in
        guard let address = memory.baseAddress else { return .zero }
        return ObjectID(reading: address + end + 1)
      }
      entries.append(RawEntry(name: bytes[start..<end], mode: mode, id: id))
      position = end + 21
    }
    return entries
  }

  /// The tree object of some entries, in any order.
  static func serialize(_ entries: [RawEntry]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(entries.reduce(0) { $0 + $1.name.count + 28 })
    // Sorting small keys spares a retain and a release for every move of an entry.
    var order = entries.indices.map { (head: entries[$0].head, index: $0) }
    order.sort { left, right in
      left.head == right.head
        ? precedes(entries[left.index], entries[right.index]) : left.head < right.head
    }
    for (_, index) in order {
      let entry = entries[index]
      bytes.append(contentsOf: String(entry.mode, radix: 8).utf8)
      bytes.append(UInt8(ascii: " "))
      bytes.append(contentsOf: entry.name)
      bytes.append(0)
      entry.id.append(to: &bytes)
    }
    return bytes
  }

  /// git's order: bytes, and a directory sorts as if its name ended in `/`.
  static func precedes(_ left: RawEntry, _ right: RawEntry) -> Bool {
    let shared = min(left.name.count, right.name.count)
    let leftBytes = left.name.prefix(shared)
    let rightBytes = right.name.prefix(shared)
    if !leftBytes.elementsEqual(rightBytes) { return leftBytes.lexicographicallyPrecedes(rightBytes) }
    return left.byte(after: shared) < right.byte(after: shared)
  }

  /// The first eight bytes of what the entry sorts as.
  private var head: UInt64 {
    var head: UInt64 = 0
    for offset in 0..<8 { head = head << 8 | UInt64(offset <= name.count ? byte(after: offset) : 0) }
    return head
  }

  private func byte(after count: Int) -> UInt8 {
    if count < name.count { return name[name.startIndex + count] }
    return isTree ? UInt8(ascii: "/") : 0
  }
}
