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
    guard mayComment else { return reply(403, ["message": "no"]) }
    switch (request.method, path) {
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
