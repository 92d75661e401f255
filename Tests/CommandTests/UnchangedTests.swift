import FoundationEssentials
import TestSupport
import Testing
import Values

/// A project whose files are those of the last time is not looked at again, and any other is.
@Suite struct UnchangedTests {
  private func remembered(_ project: Project) -> [String] {
    let folder = project.folder + "/.git/vault-migrations/verdicts"
    return (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
  }

  @Test func aPlanIsTheSameWithAndWithoutALook() async throws {
    try await withSmallProject { project, _ in
      try await project.tool("sync")
      let first = try await project.tool("plan", "--offline").output
      #expect(first == "No changes required\n")
      #expect(remembered(project).count == 1)
      #expect(try await project.tool("plan", "--offline").output == first)
      #expect(try await project.json("plan", "--offline")["pending"] == [])
    }
  }

  @Test func anEditIsSeenEvenIfItsSizeAndTimeAreTheOldOnes() async throws {
    try await withSmallProject { project, _ in
      try await project.tool("sync")
      try await project.tool("plan", "--offline")
      let file = project.folder + "/.vault-migrations/schema.yaml"
      let time = try FileManager.default.attributesOfItem(atPath: file)[.modificationDate]
      try project.edit("schema.yaml", "20m", "21m")
      if let time { try FileManager.default.setAttributes([.modificationDate: time], ofItemAtPath: file) }
      #expect(try await project.tool("plan", "--offline").output.contains("token_ttl"))
      try project.edit("schema.yaml", "21m", "20m")
      #expect(try await project.tool("plan", "--offline").output == "No changes required\n")
    }
  }

  @Test func whatIsPendingIsShownHoweverOftenItIsAsked() async throws {
    try await withSmallProject { project, _ in
      for _ in 0..<2 {
        let plan = try await project.json("plan", "--offline", "--detailed-exitcode", exits: 2)
        #expect(plan["pending"]?.array?.count == 5)
      }
    }
  }

  @Test func damageToWhatIsRememberedOnlyCostsTime() async throws {
    try await withSmallProject { project, _ in
      try await project.tool("sync")
      try await project.tool("plan", "--offline")
      for name in remembered(project) {
        let file = project.folder + "/.git/vault-migrations/verdicts/" + name
        #expect(try !String(contentsOfFile: file, encoding: .utf8).contains("app-password-1"))
        try Data("{".utf8).write(to: URL(filePath: file))
      }
      #expect(try await project.tool("plan", "--offline").output == "No changes required\n")
      try FileManager.default.removeItem(atPath: project.folder + "/.git/vault-migrations")
      #expect(try await project.tool("plan", "--offline").output == "No changes required\n")
    }
  }
}
