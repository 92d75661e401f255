import CGit2

/// The SHA-1 name of an object.
package struct ObjectID: Hashable, Sendable {
  // Three integers instead of twenty bytes: equality and hashing are the hot path of every tree compare.
  private let high: UInt64
  private let middle: UInt64
  private let low: UInt32

  /// The id that stands for "no object".
  package static let zero = ObjectID(high: 0, middle: 0, low: 0)

  private init(high: UInt64, middle: UInt64, low: UInt32) {
    self.high = high
    self.middle = middle
    self.low = low
  }

  /// Reads forty hexadecimal digits; anything else is nil.
  package init?(_ text: some StringProtocol) {
    let digits = Array(text.utf8)
    guard digits.count == 40 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(20)
    for index in stride(from: 0, to: 40, by: 2) {
      guard let upper = Self.value(of: digits[index]), let lower = Self.value(of: digits[index + 1]) else {
        return nil
      }
      bytes.append(upper << 4 | lower)
    }
    self.init(bytes: bytes)
  }

  /// Takes twenty raw bytes, as a tree object has them.
  init(bytes: some Collection<UInt8>) {
    precondition(bytes.count == 20, "an object id has twenty bytes")
    let index = { bytes.index(bytes.startIndex, offsetBy: $0) }
    high = bytes[index(0)..<index(8)].reduce(0) { $0 << 8 | UInt64($1) }
    middle = bytes[index(8)..<index(16)].reduce(0) { $0 << 8 | UInt64($1) }
    low = bytes[index(16)...].reduce(0) { $0 << 8 | UInt32($1) }
  }

  /// Takes twenty raw bytes from memory of libgit2.
  init(reading memory: UnsafeRawPointer) {
    high = UInt64(bigEndian: memory.loadUnaligned(as: UInt64.self))
    middle = UInt64(bigEndian: memory.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    low = UInt32(bigEndian: memory.loadUnaligned(fromByteOffset: 16, as: UInt32.self))
  }

  init(_ oid: git_oid) {
    self = withUnsafeBytes(of: oid) { memory in
      guard let address = memory.baseAddress else { return .zero }
      return ObjectID(reading: address)
    }
  }

  /// The form that libgit2 takes.
  var oid: git_oid {
    var oid = git_oid()
    withUnsafeMutableBytes(of: &oid) { memory in
      memory.storeBytes(of: high.bigEndian, as: UInt64.self)
      memory.storeBytes(of: middle.bigEndian, toByteOffset: 8, as: UInt64.self)
      memory.storeBytes(of: low.bigEndian, toByteOffset: 16, as: UInt32.self)
    }
    return oid
  }

  /// Appends the twenty raw bytes.
  func append(to bytes: inout [UInt8]) {
    withUnsafeBytes(of: oid) { bytes.append(contentsOf: $0) }
  }

  private static func value(of digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}

extension ObjectID: Comparable {
  package static func < (left: ObjectID, right: ObjectID) -> Bool {
    (left.high, left.middle, left.low) < (right.high, right.middle, right.low)
  }
}

extension ObjectID: CustomStringConvertible {
  package var description: String {
    let digits = Array("0123456789abcdef".utf8)
    return withUnsafeBytes(of: oid) { memory in
      String(decoding: memory.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
  }

  /// The first twelve digits, for messages.
  package var short: String { String(description.prefix(12)) }
}
