import Migrations

/// A report in Markdown, such as the comment of a pull request: a section an environment, those that are alike as one.
struct ReviewReport {
  enum Subject: String {
    case plan, drift
  }

  let subject: Subject
  let sections: [ReviewSection]
  /// What the comment is found by: an environment's name, or `all`.
  let name: String
  /// The file that holds everything, as the comment names it.
  var attachment: String?

  /// Hosting sites take 65,536 characters; what stands around the comment needs some of them too.
  static let limit = 65_000

  /// The hidden line that a pipeline finds its comment by, to replace it.
  static func marker(_ subject: Subject, _ name: String) -> String {
    "<!-- vault-migrations\(subject == .drift ? "-drift" : ""):\(name) -->"
  }

  /// Everything, however long it is.
  var whole: String {
    start + blocks(isBrief: false).map(\.whole).joined()
  }

  /// What fits into a comment.
  var comment: String {
    let blocks = blocks(isBrief: true)
    let room = Self.limit - start.utf8.count - 400
    let (text, isCut) = ReviewBlock.joined(blocks, limit: room)
    let isShortened = isCut || blocks.map(\.whole) != self.blocks(isBrief: false).map(\.whole)
    return start + text + (isShortened ? note : "")
  }

  private var note: String {
    guard let attachment else {
      return "_Shortened: `vault-migrations \(subject.rawValue) --env NAME` shows everything._\n"
    }
    return "_Shortened: \(Markdown.code(attachment)), which is attached, has everything._\n"
  }

  private var start: String { Self.marker(subject, name) + "\n" }

  private func blocks(isBrief: Bool) -> [ReviewBlock] {
    var groups: [(names: [String], blocks: [ReviewBlock])] = []
    for section in sections {
      let blocks = ReviewBody(section: section, isBrief: isBrief, isDrift: subject == .drift).blocks
      if let same = groups.firstIndex(where: { $0.blocks == blocks }) {
        groups[same].names.append(section.environment)
      } else {
        groups.append(([section.environment], blocks))
      }
    }
    return groups.flatMap { group in
      let names = group.names.map(Markdown.code).joined(separator: ", ")
      return [.text("### \(subject == .plan ? "Vault plan" : "Vault drift"): \(names)\n\n")] + group.blocks
    }
  }
}
