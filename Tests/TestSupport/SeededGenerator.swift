/// SplitMix64, so that a failure comes back with its seed.
package struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  package init(seed: UInt64) {
    state = seed
  }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  package mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }

  package mutating func pick<Element>(_ choices: [Element]) -> Element { choices[below(choices.count)] }

  /// Some of the choices, possibly none, in their order.
  package mutating func some<Element>(of choices: [Element]) -> [Element] {
    choices.filter { _ in below(2) == 0 }
  }
}

extension SeededGenerator {
  /// Damages a text of a few lines as editors, merges and accidents do.
  package mutating func mutate(_ bytes: inout [UInt8]) {
    guard !bytes.isEmpty else { return }
    let position = below(bytes.count)
    switch below(8) {
    case 0: bytes.remove(at: position)
    case 1: bytes[position] = UInt8(below(256))
    case 2: bytes.insert(pick(Array(" \n:-#{}[]\"'$|>&*!%@\t,0".utf8)), at: position)
    case 3: bytes.removeSubrange(position...)
    case 4, 5:
      let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      let line = Array(pick(lines)) + [UInt8(ascii: "\n")]
      bytes.insert(
        contentsOf: line,
        at: bytes[..<position].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
      )
    default: bytes.insert(contentsOf: Array(pick(Self.insertions).utf8), at: position)
    }
  }

  private static let insertions = [
    "${", "${A", "${A:-", "$${", "null", "\n  ", ": [", "{}", "99999999999999999999", "-1", "\u{1}", "é", "~",
    "- ",
    "<<<<<<< ours\n", "sha256:",
  ]
}
