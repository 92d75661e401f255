import FoundationEssentials
import Glibc
import Synchronization
import TestSupport
import Testing
import Values

/// Every way to log in, with right and wrong credentials.
@Suite struct LoginMethodTests {
  private static let appRole = "{method: approle, mount: ci, role_id: \"${ROLE}\", secret_id: \"${SECRET}\"}"

  @Test func `An AppRole logs in as long as its secret id is good`() async throws {
    try await Logins.with { logins in
      let (role, secret) = try logins.server.makeAppRole()
      let good = logins.with(["ROLE": role, "SECRET": secret])
      try await good.project.tool("sync", "--allow-dirty", exits: 77)
      try good.configure(Self.appRole)
      try await good.project.tool("sync", "--allow-dirty")
      try await good.expectLogin(Self.appRole)
      // Its own auth method, role and policy are no strangers.
      try good.project.edit("config.yaml", "auth:", "exclusive: [auth/*, sys/policies/acl/*]\n    auth:")
      try logins.server.request("POST", "sys/auth/stranger", #"{"type": "userpass"}"#)
      let drift = try await good.project.json("drift", exits: 2)
      #expect(drift["drift"]?.array?.compactMap { $0["path"]?.string } == ["auth/stranger"])
      let refused = "at auth/ci/ was refused: invalid role or secret ID"
      try await good.with(["SECRET": "wrong"]).expectRefusal(
        Self.appRole,
        says: refused,
        hint: "secret id has expired"
      )
      try await good.with(["ROLE": "wrong"]).expectRefusal(Self.appRole, says: refused, hint: "role_id")
      try logins.server.request("POST", "auth/ci/role/deploy", #"{"secret_id_num_uses": 1}"#)
      let once = try good.with(["SECRET": logins.server.makeSecretID()])
      try await once.expectLogin(Self.appRole)
      try await once.expectRefusal(Self.appRole, says: refused, hint: "was used up")
      try await good.expectRefusal(
        Self.appRole.replacing("ci", with: "nowhere"),
        says: "at auth/nowhere/ was refused: permission denied",
        hint: "auth.mount"
      )
    }
  }

  @Test func `A wrapped secret id is opened once, and only if it comes from its role`() async throws {
    try await Logins.with { logins in
      let auth =
        "{method: approle, mount: ci, role_id: \"${ROLE}\", secret_id_wrapped: \"${WRAPPED}\", role: deploy}"
      let (role, _) = try logins.server.makeAppRole()
      try await logins.prepare()
      func wrapped(_ method: String = "POST", _ path: String = "auth/ci/role/deploy/secret-id") throws
        -> Logins
      {
        logins.with(["ROLE": role, "WRAPPED": try logins.server.wrap(method, path)])
      }
      let good = try wrapped()
      try await good.expectLogin(auth)
      try await good.expectRefusal(auth, says: "somebody has opened it before", hint: "destroy that secret")
      try await wrapped("GET", "sys/mounts").expectRefusal(
        auth,
        says: "holds an answer of sys/mounts, which is not what was expected",
        hint: "find out who opened it"
      )
      try logins.server.request("POST", "auth/ci/role/other", "{}")
      let other = try wrapped("POST", "auth/ci/role/other/secret-id")
      try await other.expectRefusal(
        auth,
        says: "holds an answer of auth/ci/role/other/secret-id",
        hint: "wrap a new one"
      )
      // It was looked at, and not opened.
      try await other.expectRefusal(auth, says: "auth/ci/role/other/secret-id", hint: "wrap a new one")
      try await logins.with(["ROLE": role, "WRAPPED": "hvs.nothing"]).expectRefusal(
        auth,
        says: "is not valid any more",
        hint: "destroy that secret"
      )
    }
  }

  @Test func `A password logs in`() async throws {
    try await Logins.with { logins in
      let auth = "{method: userpass, username: ann, password: \"${PASSWORD}\"}"
      try logins.server.request("POST", "sys/auth/userpass", #"{"type": "userpass"}"#)
      try logins.server.request(
        "POST",
        "auth/userpass/users/ann",
        #"{"password": "pass-word", "token_policies": ["all"], "token_type": "batch"}"#
      )
      try await logins.prepare()
      try await FaultProxy.with(logins.server.port) { proxy in
        // Its tokens are batch tokens, which nobody can revoke.
        try await logins.through(proxy).with(["PASSWORD": "pass-word"]).expectLogin(auth)
        #expect(!proxy.requests.contains { $0.path.contains("revoke") || $0.path.contains("renew") })
      }
      try await logins.with(["PASSWORD": "wrong"]).expectRefusal(
        auth,
        says: "with a password at auth/userpass/ was refused: invalid username or password",
        hint: "auth.username"
      )
    }
  }

  @Test func `The signed token of a pipeline logs in, from a variable, a file or GitHub`() async throws {
    try await Logins.with { logins in
      let scratch = logins.project.scratch
      try await logins.server.makeJWTMethod("jwt", in: scratch)
      try await logins.prepare()
      let good = try await JWT.sign(claims(), in: scratch)
      let late = try await JWT.sign(claims(["exp": .number(Number(1_000_000))]), in: scratch)
      let strange = try await JWT.sign(claims(["aud": "elsewhere"]), in: scratch)
      let variable = "{method: jwt, role: deploy, jwt: \"${ID_TOKEN}\"}"
      try await logins.with(["ID_TOKEN": good]).expectLogin(variable)
      let hint = "audience, subject and claims"
      try await logins.with(["ID_TOKEN": late]).expectRefusal(variable, says: "expired", hint: hint)
      try await logins.with(["ID_TOKEN": strange]).expectRefusal(variable, says: "audience", hint: hint)
      try await logins.with(["ID_TOKEN": "no.jwt.either"]).expectRefusal(
        variable,
        says: "was refused",
        hint: hint
      )
      try await logins.expectRefusal(
        variable,
        says: "the variable ${ID_TOKEN} is not set",
        hint: "export ID_TOKEN",
        exits: 78
      )
      let file = "{method: jwt, role: deploy, jwt_file: \(scratch.file("id_token"))}"
      try await logins.expectRefusal(file, says: "holds no token to log in with", hint: "jwt_file")
      try scratch.write("id_token", good + "\n")
      try await logins.expectLogin(file)

      let gitHub = "{method: jwt, role: deploy, github_audience: \"https://vault/a b\"}"
      try await logins.expectRefusal(gitHub, says: "gives this job no id token", hint: "id-token: write")
      try await FaultProxy.with(rule: { request, _ in
        let isMeant =
          request.header("Authorization") == "bearer request-token"
          && request.path == "/token?api-version=2.0&audience=https%3A%2F%2Fvault%2Fa%20b"
        return isMeant
          ? .answer(200, body: #"{"count": 1, "value": "\#(good)"}"#) : .answer(401, body: "{}")
      }) { pipeline in
        let job = logins.with([
          "ACTIONS_ID_TOKEN_REQUEST_URL": "\(pipeline.address)/token?api-version=2.0",
          "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "request-token",
        ])
        try await job.expectLogin(gitHub)
        try await job.with(["ACTIONS_ID_TOKEN_REQUEST_TOKEN": "wrong"]).expectRefusal(
          gitHub,
          says: "GitHub Actions gives out no id token: it answers with status 401",
          hint: "run the job again",
          exits: 69
        )
      }
    }
  }

  @Test func `A service account of Kubernetes logs in`() async throws {
    try await Logins.with { logins in
      let scratch = logins.project.scratch
      try await JWT.makeKeys(in: scratch)
      let account = claims([
        "iss": "https://kubernetes.default.svc", "sub": "system:serviceaccount:ci:deploy",
        "aud": ["kubernetes"],
        "kubernetes.io": ["namespace": "ci", "serviceaccount": ["name": "deploy", "uid": "u-1"]],
      ])
      let good = try await JWT.sign(account, in: scratch)
      try await Outside.run(
        "openssl",
        ["req", "-x509", "-key", "jwt.key", "-subj", "/CN=cluster", "-days", "1", "-out", "cluster.pem"],
        in: scratch
      )
      // The cluster's own answer about a token.
      let review: @Sendable (FaultProxy.Request, Int) -> FaultProxy.Fault = { request, _ in
        let isKnown = String(decoding: request.body, as: UTF8.self).contains(good)
        let status =
          isKnown
          ? #"{"authenticated": true, "audiences": ["kubernetes"], "user": {"username": "system:serviceaccount:ci:deploy", "uid": "u-1", "groups": ["system:serviceaccounts"]}}"#
          : #"{"authenticated": false, "error": "unknown"}"#
        return .answer(
          201,
          headers: [("Content-Type", "application/json")],
          body: #"{"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "status": \#(status)}"#
        )
      }
      try await FaultProxy.with(rule: review) { cluster in
        try logins.server.request("POST", "sys/auth/kubernetes", #"{"type": "kubernetes"}"#)
        _ = try logins.server.act(
          "auth/kubernetes/config",
          [
            "kubernetes_host": .string(cluster.address), "token_reviewer_jwt": .string(good),
            "disable_local_ca_jwt": true, "kubernetes_ca_cert": .string(scratch.read("cluster.pem")),
          ]
        )
        _ = try logins.server.act(
          "auth/kubernetes/role/deploy",
          [
            "bound_service_account_names": ["deploy"], "bound_service_account_namespaces": ["ci"],
            "token_policies": ["all"],
          ]
        )
        try await logins.prepare()
        let auth = "{method: kubernetes, role: deploy, jwt_file: \(scratch.file("account"))}"
        try scratch.write("account", good)
        try await logins.expectLogin(auth)
        let stale = try await JWT.sign(
          claims(["aud": ["kubernetes"], "kubernetes.io": ["namespace": "ci"]]),
          in: scratch
        )
        try scratch.write("account", stale)
        try await logins.expectRefusal(auth, says: "at auth/kubernetes/ was refused: ", hint: "auth.mount")
      }
    }
  }

  @Test func `A token comes from a variable, a file, or the helper of the command line`() async throws {
    try await Logins.with { logins in
      try await logins.prepare()
      let scratch = logins.project.scratch
      let made = try logins.server.request("POST", "auth/token/create", #"{"policies": ["all"]}"#)
      let token = BaoServer.field("client_token", in: made.body)
      try scratch.write("token", token + "\n")
      let helper = try scratch.write(
        "helper",
        "#!/bin/sh\n[ \"$1\" = get ] && cat \(scratch.file("token"))\n"
      )
      try makeExecutable(helper)
      try await logins.with(["TOKEN": token]).expectLogin("{method: token, token: \"${TOKEN}\"}")
      try await logins.expectLogin("{method: token, token_file: \(scratch.file("token"))}")
      try await logins.expectLogin("{method: token, token_helper: \(helper)}")
      try await logins.expectRefusal("{method: token}", says: "there is no token", hint: "VAULT_TOKEN")
      for file in [".vault", ".bao"] {
        try scratch.write("home/\(file)", "# mine\ntoken_helper = \"\(helper)\"\n")
        try await logins.expectLogin("{method: token}")
        try FileManager.default.removeItem(atPath: scratch.file("home/\(file)"))
      }
      let named = try scratch.write("cli.hcl", "token_helper = \"\(helper)\"")
      try await logins.with(["BAO_CONFIG_PATH": named]).expectLogin("{method: token}")
      // It is the user's own, and lives on.
      #expect(try logins.server.request("GET", "auth/token/lookup-self", token: token).status == 200)
      try scratch.write("token", "")
      try await logins.expectRefusal(
        "{method: token, token_helper: \(helper)}",
        says: "has no token",
        hint: "login"
      )
      try scratch.write("helper", "#!/bin/sh\necho \(token)\nexit 3\n")
      try await logins.expectRefusal(
        "{method: token, token_helper: \(helper)}",
        says: "the token helper \(helper) failed",
        hint: "get"
      )
      try scratch.write("token", token)
      try logins.server.request("POST", "auth/token/revoke", #"{"token": "\#(token)"}"#)
      try await logins.expectRefusal(
        "{method: token, token_file: \(scratch.file("token"))}",
        says: "it is unknown, expired or revoked",
        hint: "log in again"
      )
    }
  }

  @Test func `A login may be in another namespace than the environment`() async throws {
    try await Logins.with { logins in
      try logins.server.request("POST", "sys/namespaces/team")
      let (role, secret) = try logins.server.makeAppRole()
      let good = logins.with(["ROLE": role, "SECRET": secret])
      try good.configure(Self.appRole, "namespace: team")
      try await good.project.with(["VAULT_TOKEN": logins.server.rootToken])
        .tool("ledger", "init", "--own-token", "--quiet")
      let auth = Self.appRole.replacing("{", with: "{namespace: \"\", ").replacing(
        "${namespace: \"\", ",
        with: "${"
      )
      try good.configure(auth, "namespace: team")
      try await good.project.tool("sync", "--allow-dirty")
      #expect(try logins.server.data("auth/approle/role/web", namespace: "team") != nil)
      try await good.expectLogin(auth, "namespace: team")
      try await good.expectRefusal(
        Self.appRole,
        "namespace: team",
        says: "was refused: permission denied",
        hint: "auth.namespace"
      )
      try await good.expectRefusal(
        auth.replacing("\"\"", with: "nowhere"),
        "namespace: team",
        says: "in the namespace nowhere was refused: there is no such namespace",
        hint: "auth.namespace"
      )
    }
  }

  @Test func `A sealed server is out of reach, whatever the login`() async throws {
    try await Logins.with { logins in
      let (role, secret) = try logins.server.makeAppRole()
      try logins.server.request("PUT", "sys/seal")
      try logins.configure(Self.appRole)
      let outcome = try await logins.with(["ROLE": role, "SECRET": secret]).project.tool("status", exits: 69)
      #expect(outcome.errors.contains("is sealed"))
      #expect(outcome.errors.contains("unseal it"))
    }
  }

  private func claims(_ more: [String: Value] = [:]) -> Value {
    let now = Int(Date().timeIntervalSince1970)
    let claims: [String: Value] = [
      "iss": "https://ci.example.com", "aud": "vault", "sub": "shop", "iat": .number(Number(now)),
      "exp": .number(Number(now + 300)),
    ]
    return .object(claims.merging(more) { $1 })
  }
}

extension Logins {
  /// Applies the project with the root token, so that there is something to see.
  func prepare() async throws {
    try await project.with(["VAULT_TOKEN": server.rootToken]).tool("sync", "--allow-dirty", "--quiet")
  }
}

extension BaoServer {
  /// A method that takes what ``JWT`` signs.
  func makeJWTMethod(_ mount: String, in scratch: Scratch) async throws {
    try await JWT.makeKeys(in: scratch)
    try request("POST", "sys/auth/\(mount)", #"{"type": "jwt"}"#)
    _ = try act(
      "auth/\(mount)/config",
      [
        "jwt_validation_pubkeys": [.string(scratch.read("jwt.pub"))],
        "bound_issuer": "https://ci.example.com",
      ]
    )
    _ = try act(
      "auth/\(mount)/role/deploy",
      [
        "role_type": "jwt", "user_claim": "sub", "bound_audiences": ["vault"],
        "token_policies": ["all"],
      ]
    )
  }
}
