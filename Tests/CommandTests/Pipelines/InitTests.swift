import FoundationEssentials
import TestSupport
import Testing
import Values

/// What `init` writes, and what it leaves alone.
@Suite struct InitTests {
  private static let files = [
    "config.yaml": configuration("https://vault.internal:8200", "", "hooks: {branch: trunk}"),
    "schema.yaml": schema(Small.state),
  ]

  @Test func `The files of a pipeline fit the project that is there`() async throws {
    try await Project.with(Self.files) { project in
      let config = project.read("config.yaml")
      let told = try await project.json("init", "--ci", "gitlab", "--dry-run")
      #expect(told["written"]?.texts.contains(".gitlab-ci.yml") == true)
      #expect(try await project.git("status", "--porcelain") == "")
      let done = try await project.json("init", "--ci", "gitlab", "--image", "reg.internal/vm:1")
      #expect(done["written"] == told["written"])
      #expect(project.read("config.yaml") == config)
      let jobs = project.scratch.read("repository/.gitlab/vault-migrations.yml")
      #expect(jobs.contains("name: reg.internal/vm:1\n"))
      #expect(jobs.contains("aud: https://vault.internal:8200\n"))
      #expect(!jobs.contains("__"))
      try await project.tool("init", "--ci", "github", "--ci", "jenkins", "--ci", "kubernetes")
      let sync = project.scratch.read("repository/.github/workflows/vault-migrations-sync.yml")
      #expect(sync.contains("branches: [trunk]\n"))
      for file in ["Jenkinsfile", "deploy/vault-migrations.yaml", "deploy/vault-migrations-sync.yaml"] {
        let text = project.scratch.read("repository/\(file)")
        #expect(text.contains("prod") && !text.contains("__"), "\(file)")
      }
      try await project.tool("init", exits: 64)
    }
  }

  @Test func `The files of a project below the root lie where they are looked for`() async throws {
    try await Project.with([:]) { root in
      let folder = root.folder + "/infra"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      let project = root.moved(to: folder)
      let all = ["--ci", "github", "--ci", "jenkins", "--ci", "kubernetes"]
      let done = try await project.json(["init", "--project", "shop"] + all)
      for file in ["infra/.vault-migrations/config.yaml", "infra/.vault-migrations/ci/plan", "Jenkinsfile"] {
        #expect(done["written"]?.texts.contains(file) == true, "\(file)")
        #expect(FileManager.default.fileExists(atPath: "\(root.folder)/\(file)"), "\(file)")
      }
      let jenkins = root.scratch.read("repository/Jenkinsfile")
      #expect(jenkins.contains("cd infra\n") && jenkins.contains("'infra/plan.md'"))
      let job = root.scratch.read("repository/deploy/vault-migrations-sync.yaml")
      #expect(job.contains("workingDir: /workspace/repository/infra\n"))
      #expect(try await project.json(["init"] + all)["written"] == [])
      let shown = try await project.tool(
        ["init", "--ci", "github", "--show", "infra/.vault-migrations/ci/plan"]
      )
      #expect(shown.output == project.read("ci/plan"))
    }
  }

  /// The request that brings the project has no base whose settings could count.
  @Test func `The first request of a project is not refused for what is not there yet`() async throws {
    try await Project.with([:]) { project in
      try await project.git("checkout", "-q", "-b", "topic")
      try await project.tool("init", "--ci", "github")
      try await project.generate("initial")
      let program = Tool.path.prefix { $0 != "\0" }.split(separator: "/").dropLast().joined(separator: "/")
      func verify() async throws -> Command.Outcome {
        try await Command.run(
          "sh",
          [".vault-migrations/ci/verify", "origin/main"],
          environment: project.variables.merging(["PATH": "/\(program):/usr/local/bin:/usr/bin:/bin"]) { $1 },
          directory: project.folder
        )
      }
      let first = try await verify()
      #expect(first.status == 0 && first.errors.contains("origin/main has no .vault-migrations/config.yaml"))
      try await project.git("push", "-q", "origin", "topic:main")
      let second = try await verify()
      #expect(second.status == 0 && second.output.contains("1 version up, down to 0000"), "\(second.errors)")
    }
  }

  @Test func `A file that is there stays, and the new one can be seen`() async throws {
    try await Project.with(Self.files) { project in
      try project.scratch.write("repository/.gitlab-ci.yml", "stages: [mine]\n")
      try project.scratch.write("repository/Jenkinsfile", "mine\n")
      let done = try await project.json("init", "--ci", "gitlab", "--ci", "jenkins")
      #expect(
        done.at("existing")?.array?.compactMap { $0["path"]?.string } == [".gitlab-ci.yml", "Jenkinsfile"]
      )
      #expect(done.at("existing.0.hint")?.string?.contains("- local: .gitlab/vault-migrations.yml") == true)
      #expect(done.at("existing.1.hint")?.string?.contains("--show Jenkinsfile") == true)
      #expect(project.scratch.read("repository/.gitlab-ci.yml") == "stages: [mine]\n")
      #expect(project.scratch.read("repository/Jenkinsfile") == "mine\n")
      #expect(
        try await project.tool("init", "--ci", "jenkins", "--show", "Jenkinsfile").output.hasPrefix("//")
      )
      // What is the same is not worth a word.
      let again = try await project.json("init", "--ci", "gitlab")
      #expect(again["written"] == [])
      #expect(again["existing"]?.array?.count == 1)
    }
  }

  @Test func `A name that would be read as something else is refused`() async throws {
    try await Project.with([:]) { project in
      for image in ["x\nrun: y", "${{ secrets.X }}", "", "'"] {
        let outcome = try await project.tool("init", "--ci", "github", "--image", image, exits: 64)
        #expect(outcome.errors.contains("--image"))
      }
      try await project.tool("init", "--ci", "github", "--env", "a b", exits: 64)
      #expect(try await project.git("status", "--porcelain") == "")
      // Everything in one go, in a folder that has nothing.
      let all = try await project.json("init", "--project", "shop", "--ci", "github", "--env", "live")
      #expect(all["written"]?.texts.contains(".vault-migrations/config.yaml") == true)
      #expect(project.read("config.yaml").contains("project: shop\n"))
      #expect(
        project.scratch.read("repository/.github/workflows/vault-migrations-drift.yml")
          .contains("VAULT_MIGRATIONS_ENV: live\n")
      )
    }
  }

  @Test func `The program comes from an archive whose checksum is as said`() async throws {
    try await Project.with([:]) { project in
      try await project.tool("init", "--ci", "github")
      let scratch = project.scratch
      let program = try scratch.write("release/vault-migrations", "#!/bin/sh\necho 9.9.9\n")
      try makeExecutable(program)
      try await Outside.run(
        "tar",
        ["-czf", "release.tar.gz", "-C", "release", "vault-migrations"],
        in: scratch
      )
      let sum = try await Outside.run("sha256sum", ["release.tar.gz"], in: scratch).prefix(64)
      func install(_ variables: [String: String]) async throws -> Command.Outcome {
        try await Command.run(
          "sh",
          [".vault-migrations/ci/install"],
          environment: project.variables.merging(["RUNNER_TEMP": scratch.path]) { $1 }.merging(variables) {
            $1
          },
          directory: project.folder
        )
      }
      let nothing = try await install([:])
      #expect(nothing.status == 1 && nothing.errors.contains("VAULT_MIGRATIONS_URL"))
      let address = "file://\(scratch.file("release.tar.gz"))"
      let wrong = try await install([
        "VAULT_MIGRATIONS_URL": address, "VAULT_MIGRATIONS_SHA256": String(repeating: "0", count: 64),
      ])
      #expect(wrong.status == 1 && wrong.output == "" && wrong.errors.contains("another SHA-256"))
      let plain = try await install([
        "VAULT_MIGRATIONS_URL": "http://127.0.0.1:1/x", "VAULT_MIGRATIONS_SHA256": String(sum),
      ])
      #expect(plain.status != 0 && plain.errors.contains("http"))
      let good = try await install(["VAULT_MIGRATIONS_URL": address, "VAULT_MIGRATIONS_SHA256": String(sum)])
      #expect(good.status == 0)
      #expect(good.output == scratch.file("vault-migrations-bin\n"))
      #expect(good.errors == "9.9.9\n")
    }
  }
}
