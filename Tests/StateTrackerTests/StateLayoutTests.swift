import Catalogue
import StateTracker
import TestSupport
import Testing

/// Where a Vault path lies on a state branch.
@Suite struct StateLayoutTests {
  @Test(arguments: [
    (VaultPath("pki/roles/web"), "sent/pki/roles/web.yaml"), (VaultPath("pki/"), "sent/pki%2F.yaml"),
    (VaultPath("auth/approle"), "sent/auth/approle.yaml"),
    (VaultPath("auth/team/oidc/"), "sent/auth/team/oidc%2F.yaml"),
    (VaultPath("auth/approle/role/web", in: "team/sub"), "sent/@team/@sub/auth/approle/role/web.yaml"),
    (VaultPath("secret/data/.git"), "sent/secret/data/%2Egit.yaml"),
    (VaultPath("secret/data/.git/x"), "sent/secret/data/%2Egit/x.yaml"),
    (VaultPath("secret/data/App"), "sent/secret/data/%41pp.yaml"),
    (VaultPath("secret/data/a.yaml"), "sent/secret/data/a.yaml.yaml"),
    (VaultPath("secret/data/a.yaml/b"), "sent/secret/data/a%2Eyaml/b.yaml"),
    (VaultPath("secret/data/a. "), "sent/secret/data/a.%20.yaml"),
    (VaultPath("@team/x"), "sent/%40team/x.yaml"),
    (VaultPath("pki/root/generate/internal#2027"), "sent/pki/root/generate/internal#2027.yaml"),
    (VaultPath("größe/50%"), "sent/gr%C3%B6%C3%9Fe/50%25.yaml"),
  ])
  func `Most names stay readable, others are encoded`(path: VaultPath, file: String) {
    #expect(StateLayout.file(.sent, path) == file)
    #expect(StateLayout.path(ofFile: String(file.dropFirst("sent/".count))) == path)
  }

  @Test func `Layers lie beside each other`() {
    #expect(StateLayout.file(.observed, VaultPath("a/b")) == "observed/a/b.yaml")
  }

  @Test(arguments: ["a/b", "a/b.txt", "a/%zz.yaml", "a/%4.yaml", "a/%FF.yaml", "@%zz/a.yaml"])
  func `A file of somebody else is no path`(file: String) {
    #expect(StateLayout.path(ofFile: file) == nil)
  }

  @Test(arguments: 0..<8 as Range<UInt64>)
  func `Every path comes back, and no two meet even where case is folded`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var folded: [String: VaultPath] = [:]
    for _ in 0..<1_500 {
      let path = generator.nastyPath()
      let file = StateLayout.file(.sent, path)
      let decoded = StateLayout.path(ofFile: String(file.dropFirst("sent/".count)))
      #expect(decoded.map { Array($0.description.utf8) } == Array(path.description.utf8), "\(path) \(file)")
      let other = folded.updateValue(path, forKey: file.lowercased())
      #expect(other == nil || other == path, "\(path) and \(other?.description ?? "") at \(file)")
      // A folder and a file of one name would collide as well.
      for name in file.split(separator: "/").dropLast() {
        #expect(name.hasPrefix("@") || !name.hasSuffix(".yaml"), "\(file) of \(path)")
        #expect(![".", "..", ".git", ""].contains(name), "\(file)")
      }
    }
  }
}

extension SeededGenerator {
  private static let segments = [
    ".git", ".GIT", "..", ".", "git~1", "App", "app", "aPP", "a.yaml", "A.YAML", ".yaml", "yaml", "a.", "a ",
    " a", "a..",
    "@team", "team", "%", "%2F", "%41", "größe", "gro\u{308}ße", "日本", "x#2027", "con", "a:b", "a*?", "a\\b",
    "\u{7F}",
    "\u{200C}.git", ".g\u{200C}it", "\"", "~", "-", "a%2Fb", "😀", "a\tb",
  ]

  /// A path as no sane person would choose it, possibly a mount, possibly in a namespace.
  mutating func nastyPath() -> VaultPath {
    let namespace = (0..<pick([0, 0, 1, 2])).map { _ in pick(Self.segments.filter { !$0.contains("\t") }) }
    let path = (0...below(3)).map { _ in pick(Self.segments) }
    return VaultPath(path.joined(separator: "/") + pick(["", "", "/"]), in: namespace.joined(separator: "/"))
  }
}
