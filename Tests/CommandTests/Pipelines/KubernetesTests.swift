import FoundationEssentials
import TestSupport
import Testing
import Values
import YAML

/// The manifests that `init --ci kubernetes` writes: their containers' commands are run, with folders in the place of volumes.
@Suite struct KubernetesTests {
  private static let auth = "{method: kubernetes, role: deploy, jwt_file: \"ACCOUNT\"}"

  @Test func `The job syncs and the cron job finds drift, with the token that the cluster projects`()
    async throws
  {
    try await Hosted.with("kubernetes", auth: Self.auth) { hosted in
      try await withCluster(hosted) {
        let job = try #require(hosted.documents("deploy/vault-migrations-sync.yaml").first)
        let synced = try await run(pod(job), "sync", hosted)
        #expect(synced.status == 0, "\(synced.log)")
        #expect(try hosted.server.data("auth/approle/role/web")?["token_ttl"] == 1200)
        #expect(try await hosted.project.publishedCommits() == 1)
        // The token of the repository is in no file that the pod wrote.
        let config = hosted.project.scratch.read("sync/repository/.git/config")
        #expect(config.contains("/git/password") && !config.contains("sesame"))

        let manifests = try hosted.documents("deploy/vault-migrations.yaml")
        let cron = try #require(manifests.first { $0["kind"]?.string == "CronJob" })
        let template = try #require(cron["spec"]?["jobTemplate"])
        let quiet = try await run(pod(template), "quiet", hosted)
        #expect(quiet.status == 0, "\(quiet.log)")
        try hosted.server.request("POST", "auth/approle/role/web", #"{"token_ttl": 60}"#)
        let found = try await run(pod(template), "found", hosted)
        #expect(found.status == 2)
        #expect(found.log.contains("auth/approle/role/web"))
        #expect(template["spec"]?["backoffLimit"]?.integer == 0)
      }
    }
  }

  /// What makes a pod harmless, and the login possible.
  @Test func `Pods have no rights that they do not need`() async throws {
    try await Project.with([
      "config.yaml": configuration("https://vault.internal:8200"), "schema.yaml": schema(""),
    ]) {
      project in
      try await project.tool("init", "--ci", "kubernetes")
      for file in ["vault-migrations", "vault-migrations-sync"] {
        let text = project.scratch.read("repository/deploy/\(file).yaml")
        #expect(!text.contains("kind: Role") && !text.contains("kind: ClusterRole"))
        let last = try #require(text.split(separator: "\n---\n").last)
        let document = try #require(try YAML.parse(String(last), file: file).document)
        let pod = try #require(try self.pod(document["spec"]?["jobTemplate"] ?? document))
        #expect(pod["automountServiceAccountToken"]?.bool == false)
        #expect(pod["securityContext"]?["runAsNonRoot"]?.bool == true)
        #expect(pod["securityContext"]?["seccompProfile"]?["type"]?.string == "RuntimeDefault")
        for container in (pod["initContainers"]?.sequence ?? []) + (pod["containers"]?.sequence ?? []) {
          let context = try #require(container["securityContext"])
          #expect(context["readOnlyRootFilesystem"]?.bool == true)
          #expect(context["allowPrivilegeEscalation"]?.bool == false)
          #expect(context["capabilities"]?.value == ["drop": ["ALL"]])
          #expect(container["resources"]?["limits"]?["memory"] != nil)
        }
        let token = pod["volumes"]?.sequence?.first { $0["name"]?.string == "token" }
        let projected = token?["projected"]?["sources"]?.sequence?.first?["serviceAccountToken"]
        #expect(projected?["audience"]?.string == "https://vault.internal:8200")
        // Only the container that logs in sees it.
        let clone = pod["initContainers"]?.sequence?.first?["volumeMounts"]?.sequence ?? []
        #expect(!clone.contains { $0["name"]?.string == "token" })
      }
    }
  }

  private func pod(_ job: Node) throws -> Node { try #require(job["spec"]?["template"]?["spec"]) }

  /// Runs the containers one after the other, as the kubelet does.
  private func run(_ pod: Node, _ folder: String, _ hosted: Hosted) async throws -> JobOutcome {
    let scratch = hosted.project.scratch
    try scratch.write("\(folder)/.keep", "")
    try scratch.write("git/username", "ada")
    try scratch.write("git/password", "open sesame")
    /// Volumes are folders of the test's own.
    func placed(_ text: String) -> String {
      text.replacing("/workspace", with: scratch.file(folder)).replacing("/git/", with: scratch.file("git/"))
    }
    var outcome = JobOutcome()
    let all = (pod["initContainers"]?.sequence ?? []) + (pod["containers"]?.sequence ?? [])
    for container in all where outcome.status == 0 {
      var variables = ["PATH": "/usr/local/bin:/usr/bin:/bin", "APP_PASSWORD": "app-password-1"]
      for entry in container["env"]?.sequence ?? [] {
        variables[entry["name"]?.string ?? ""] = placed(entry["value"]?.string ?? "")
      }
      variables["GIT_URL"] = "\(hosted.gitURL)/remote.git"
      let command = (container["command"]?.sequence ?? []) + (container["args"]?.sequence ?? [])
      let words = command.compactMap(\.string).map { $0 == "vault-migrations" ? Hosted.program : placed($0) }
      let result = try await Command.run(
        words[0],
        Array(words.dropFirst()),
        environment: variables,
        directory: placed(container["workingDir"]?.string ?? "/workspace")
      )
      outcome.log += result.output + result.errors
      outcome.status = result.status
    }
    return outcome
  }

  /// A cluster that knows one token, the one of the pods' account, and a server that asks it.
  private func withCluster(_ hosted: Hosted, _ body: () async throws -> Void) async throws {
    let scratch = hosted.project.scratch
    let now = Int(Date().timeIntervalSince1970)
    let token = try await JWT.sign(
      [
        "iss": "https://kubernetes.default.svc", "aud": [.string(hosted.server.address)],
        "sub": "system:serviceaccount:vault-migrations:vault-migrations",
        "iat": .number(Number(now)), "exp": .number(Number(now + 300)),
        "kubernetes.io": [
          "namespace": "vault-migrations", "serviceaccount": ["name": "vault-migrations", "uid": "u-1"],
        ],
      ],
      in: scratch
    )
    try scratch.write("account", token)
    let audience = hosted.server.address
    let review: @Sendable (FaultProxy.Request, Int) -> FaultProxy.Fault = { request, _ in
      let isKnown = String(decoding: request.body, as: UTF8.self).contains(token)
      let status: Value =
        isKnown
        ? [
          "authenticated": true, "audiences": [.string(audience)],
          "user": ["username": "system:serviceaccount:vault-migrations:vault-migrations", "uid": "u-1"],
        ] : ["authenticated": false]
      let body: Value = ["apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "status": status]
      return .answer(201, headers: [("Content-Type", "application/json")], body: JSON.text(body))
    }
    try await FaultProxy.with(rule: review) { cluster in
      let server = hosted.server
      try await Outside.run(
        "openssl",
        ["req", "-x509", "-key", "jwt.key", "-subj", "/CN=cluster", "-days", "1", "-out", "cluster.pem"],
        in: scratch
      )
      try server.request("POST", "sys/auth/kubernetes", #"{"type": "kubernetes"}"#)
      _ = try server.act(
        "auth/kubernetes/config",
        [
          "kubernetes_host": .string(cluster.address), "token_reviewer_jwt": .string(token),
          "disable_local_ca_jwt": true, "kubernetes_ca_cert": .string(scratch.read("cluster.pem")),
        ]
      )
      _ = try server.act(
        "auth/kubernetes/role/deploy",
        [
          "bound_service_account_names": ["vault-migrations"],
          "bound_service_account_namespaces": ["vault-migrations"], "audience": .string(audience),
          "token_policies": ["all"],
        ]
      )
      try await body()
    }
  }
}
