/// The checksum at the end of a pack; libgit2 names objects itself but offers no hash of a stream.
struct SHA1 {
  private var state: (UInt32, UInt32, UInt32, UInt32, UInt32) =
    (0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0)
  private var pending: [UInt8] = []
  private var length: UInt64 = 0

  mutating func update(_ bytes: [UInt8]) {
    length += UInt64(bytes.count)
    pending.append(contentsOf: bytes)
    consumeBlocks()
  }

  mutating func finish() -> [UInt8] {
    let bits = (length * 8).bigEndian
    pending.append(0x80)
    pending.append(contentsOf: repeatElement(0, count: (120 - pending.count % 64) % 64))
    withUnsafeBytes(of: bits) { pending.append(contentsOf: $0) }
    consumeBlocks()
    return [state.0, state.1, state.2, state.3, state.4].flatMap { word in
      withUnsafeBytes(of: word.bigEndian) { Array($0) }
    }
  }

  private mutating func consumeBlocks() {
    let whole = pending.count / 64 * 64
    var words = InlineArray<80, UInt32>(repeating: 0)
    pending.withUnsafeBytes { memory in
      for start in stride(from: 0, to: whole, by: 64) {
        for index in 0..<16 {
          let word = memory.loadUnaligned(fromByteOffset: start + index * 4, as: UInt32.self)
          words[index] = UInt32(bigEndian: word)
        }
        mix(&words)
      }
    }
    pending.removeFirst(whole)
  }

  private mutating func mix(_ words: inout InlineArray<80, UInt32>) {
    for index in 16..<80 {
      words[index] = rotate(words[index - 3] ^ words[index - 8] ^ words[index - 14] ^ words[index - 16], 1)
    }
    var (a, b, c, d, e) = state
    for index in 0..<80 {
      let (choice, constant): (UInt32, UInt32) =
        switch index {
        case ..<20: ((b & c) | (~b & d), 0x5a82_7999)
        case ..<40: (b ^ c ^ d, 0x6ed9_eba1)
        case ..<60: ((b & c) | (b & d) | (c & d), 0x8f1b_bcdc)
        default: (b ^ c ^ d, 0xca62_c1d6)
        }
      let next = rotate(a, 5) &+ choice &+ e &+ constant &+ words[index]
      (a, b, c, d, e) = (next, a, rotate(b, 30), c, d)
    }
    state = (state.0 &+ a, state.1 &+ b, state.2 &+ c, state.3 &+ d, state.4 &+ e)
  }

  private func rotate(_ word: UInt32, _ count: UInt32) -> UInt32 {
    word << count | word >> (32 - count)
  }
}
