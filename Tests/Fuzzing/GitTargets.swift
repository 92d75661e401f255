@testable import Git

/// What git and its servers say.
let gitTargets = [
  Target("tree", bytes: treeSeeds, words: ["40000 ", "100644 ", "\u{0}", "120000 ", "160000 "], tree),
  Target("git-output", seeds: gitSeeds, words: gitWords, gitOutput),
]

private let zeros = [UInt8](repeating: 7, count: 20)
let treeSeeds = [
  Array("100644 a.yaml\u{0}".utf8) + zeros + Array("40000 b\u{0}".utf8) + zeros,
  Array("40000 a\u{0}".utf8) + zeros,
]

private func tree(_ bytes: [UInt8]) {
  guard let entries = RawEntry.parse(bytes) else { return }
  let written = RawEntry.serialize(entries)
  guard let again = RawEntry.parse(written) else { fatalError("what is written cannot be read") }
  expect(again.count == entries.count, "entries are lost")
  expect(RawEntry.serialize(again) == written, "the order is not stable")
  for entry in entries { _ = (entry.isTree, EntryName(entry.name).text) }
}

let gitSeeds = [
  "=\trefs/heads/a:refs/heads/b\t[up to date]\n!\tx:refs/tags/t\t[rejected] (stale info)\n\u{0}remote: error: GH006: x\n",
  "0123456789012345678901234567890123456789\trefs/heads/vault-migrations/prod\n\u{0}refs/heads/*",
  "https://user:secret@example.com/x.git\u{0}fatal: unable to access 'https://u:p@h/': timed out",
  "git@host:path\u{0}ssh://git@host/path", "ref*/*s/a\u{0}refs/heads/a",
]
let gitWords = [
  "\t", "refs/heads/", "refs/tags/", "[rejected]", "(stale info)", "remote: ", "fatal: ", "error: ", "://",
  "@", "*", "!\t",
  "hook declined", "ssh://",
]

private func gitOutput(_ bytes: [UInt8]) {
  let parts = bytes.parts(2).map(\.text)
  let report = PushPorcelain.parse(parts[0], remoteSaid: parts[1])
  _ = (try? report.check(), report.isAccepted)
  for (name, _) in GitProcessTransport.references(in: parts[0], matching: [parts[1]]) {
    expect(globMatches(parts[1], name), "a reference that nobody asked for: \(name)")
  }
  _ = globMatches(parts[0], parts[1])
  _ = RemoteLocation.isSSH(parts[0])
  _ = looksLikeURL(parts[0])
  let redacted = redactingCredentials(parts[0])
  expect(redactingCredentials(redacted) == redacted, "credentials stay after redaction: \(redacted)")
  if let id = ObjectID(parts[0]) { expect(ObjectID(id.description) == id, "an id is read as it was written") }
  let output = GitProgram.Output(status: 128, standardOutput: parts[0], standardError: parts[1])
  let error = GitError(explaining: output, remote: "origin", isConfigured: true)
  expect(!error.message.isEmpty, "a failure is explained")
}
