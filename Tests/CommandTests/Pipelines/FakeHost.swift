import Synchronization
import TestSupport
import Values

/// What a hosting service keeps of pull requests, and its API: comments and new requests.
final class FakeHost: Sendable {
  struct Comment: Sendable {
    let id: Int
    /// Whether a program wrote it, and with the token of a job.
    let isOurs: Bool
    var body: String
  }

  /// The commit that pipelines of the main branch are said to run for.
  static let head = "0123456789012345678901234567890123456789"
  private var head: String { Self.head }

  private let state = Mutex((comments: [Comment](), proposals: [Value]()))
  /// A token for the login, and the audience that it is given for.
  let idToken: String
  let audience: String

  init(idToken: String, audience: String) {
    self.idToken = idToken
    self.audience = audience
  }

  var comments: [Comment] { state.withLock(\.comments) }
  var proposals: [Value] { state.withLock(\.proposals) }

  /// Somebody talks; enough of it fills the first page.
  func say(_ text: String, times: Int = 1) {
    for _ in 0..<times { add(text, isOurs: false) }
  }

  private func add(_ text: String, isOurs: Bool) {
    state.withLock { $0.comments.append(Comment(id: 1000 + $0.comments.count, isOurs: isOurs, body: text)) }
  }

  func answer(_ request: FaultProxy.Request) -> FaultProxy.Fault {
    let parts = request.path.split(separator: "?", maxSplits: 1)
    let path = parts[0].split(separator: "/").map(String.init)
    let query = parts.count > 1 ? String(parts[1]) : ""
    let body = (try? JSON.parse(request.body)) ?? .null
    if path == ["token"] {
      let encoded = audience.replacing(":", with: "%3A").replacing("/", with: "%2F")
      let isMeant = request.header("Authorization") == "bearer oidc" && query.hasSuffix("audience=\(encoded)")
      return isMeant ? reply(200, ["value": .string(idToken)]) : reply(401, .null)
    }
    let mayComment =
      request.header("Authorization")?.contains("pull-requests=write") == true
      || request.header("PRIVATE-TOKEN") == "project-token"
    let mayRead = mayComment || request.header("Authorization")?.contains("pull-requests=read") == true
    guard mayComment || mayRead && request.method == "GET" else { return reply(403, ["message": "no"]) }
    switch (request.method, path) {
    // One that is open names the commit as well; of reviewers, the last word counts.
    case ("GET", ["repos", "team", "shop", "commits", head, "pulls"]):
      let address = "https://git.example.com/team/shop/pull/"
      return reply(
        200,
        [
          ["number": 6, "html_url": .string(address + "6"), "merged_at": .null],
          ["number": 7, "html_url": .string(address + "7"), "merged_at": "2026-11-24T01:00:00Z"],
        ]
      )
    case ("GET", ["repos", "team", "shop", "pulls", "7", "reviews"]):
      let reviews = [
        ("grace", "CHANGES_REQUESTED"), ("ada", "APPROVED"), ("linus", "APPROVED"), ("grace", "APPROVED"),
        ("linus", "CHANGES_REQUESTED"), ("ada", "COMMENTED"),
      ]
      return reply(
        200,
        .array(reviews.map { ["user": ["login": .string($0.0)], "state": .string($0.1)] })
      )
    case ("GET", ["projects", "5", "repository", "commits", head, "merge_requests"]):
      let address = "https://git.example.com/team/shop/-/merge_requests/7"
      return reply(200, [["iid": 7, "web_url": .string(address), "state": "merged"]])
    case ("GET", ["projects", "5", "merge_requests", "7", "approvals"]):
      return reply(200, ["approved_by": [["user": ["username": "grace"]], ["user": ["username": "ada"]]]])
    case ("GET", ["user"]): return reply(200, ["id": 9])
    case ("POST", ["repos", "team", "shop", "pulls"]):
      state.withLock { $0.proposals.append(body) }
      return reply(201, ["html_url": "https://git.example.com/team/shop/pull/8"])
    case ("GET", ["repos", "team", "shop", "issues", "7", "comments"]),
      ("GET", ["projects", "5", "merge_requests", "7", "notes"]):
      let page = query.hasSuffix("page=2") ? 1 : 0
      return reply(200, .array(comments.dropFirst(page * 100).prefix(100).map(json)))
    case ("POST", ["repos", "team", "shop", "issues", "7", "comments"]),
      ("POST", ["projects", "5", "merge_requests", "7", "notes"]):
      add(body["body"]?.string ?? "", isOurs: true)
      return reply(201, [:])
    case ("PATCH", _) where path.dropLast() == ["repos", "team", "shop", "issues", "comments"],
      ("PUT", _) where path.dropLast() == ["projects", "5", "merge_requests", "7", "notes"]:
      let found = state.withLock { state in
        guard let index = state.comments.firstIndex(where: { "\($0.id)" == path.last }) else { return false }
        state.comments[index].body = body["body"]?.string ?? ""
        return true
      }
      return reply(found ? 200 : 404, [:])
    default: return reply(404, .null)
    }
  }

  private func json(_ comment: Comment) -> Value {
    [
      "id": .number(Number(comment.id)), "body": .string(comment.body),
      "user": ["type": .string(comment.isOurs ? "Bot" : "User")],
      "author": ["id": comment.isOurs ? 9 : 4],
    ]
  }

  private func reply(_ status: Int, _ body: Value) -> FaultProxy.Fault {
    .answer(status, headers: [("Content-Type", "application/json")], body: JSON.text(body))
  }
}
