import Migrations
import TestSupport
import Testing
import Values

/// What `explain` says, and completions.
@Suite struct ExplainTests {
  @Test func `Every code, exit status and rule is explained`() async throws {
    try await Project.with([:]) { project in
      let all = try await project.json("explain")["explanations"]?.array ?? []
      #expect(all.compactMap { $0["code"]?.string } == Problem.Code.allCases.map(\.rawValue))
      for code in Problem.Code.allCases {
        let found = try await project.json("explain", code.rawValue)
        #expect(found.at("explanations.0.exit_status") == .number(Number(Int(code.exitStatus))))
        #expect(found.at("explanations.0.causes")?.texts.isEmpty == false)
        #expect(found.at("explanations.0.remedies")?.texts.isEmpty == false)
      }
      let invalid = try await project.json("explain", "65")["explanations"]?.array ?? []
      #expect(invalid.compactMap { $0["code"]?.string } == ["schema-invalid", "migration-invalid"])
      for rule in LintRule.all {
        let text = try await project.json("explain", rule.name)["text"]?.string ?? ""
        #expect(text.lowercased().hasPrefix(rule.severity.rawValue), "\(rule.name)")
        #expect(!text.contains("\n## "), "\(rule.name)")
      }
      let unknown = try await project.json("explain", "wrld-changed", exits: 64)
      #expect(unknown.at("error.hint") == "did you mean world-changed?")
    }
  }

  /// Commands that are recommended are there.
  @Test func `What it recommends can be run`() async throws {
    let listed = try await Tool.run(["explain", "--output", "json"]).output
    let names = listed.split(separator: "\\\"vault-migrations ").dropFirst().map { text in
      text.prefix { $0.isLetter || $0 == "-" }
    }
    #expect(names.count > 8)
    for name in Set(names.map(String.init)) where name != "COMMAND" {
      #expect(try await Tool.run([name, "--help"]).status == 0, "\(name)")
    }
  }

  @Test func `Bash completes commands, options and their values`() async throws {
    try await Scratch.with { scratch in
      let script = try await Tool.run(["--generate-completion-script", "bash"])
      #expect(script.status == 0)
      try scratch.write("completion.bash", script.output)
      let test = """
        source ./completion.bash
        complete -p vault-migrations >/dev/null
        COMP_WORDS=(vault-migrations dri); COMP_CWORD=1; COMP_LINE='vault-migrations dri'; COMP_POINT=20
        $(complete -p vault-migrations | sed -n 's/.*-F \\([^ ]*\\).*/\\1/p') vault-migrations dri vault-migrations
        printf '%s\\n' "${COMPREPLY[@]}"
        """
      let path = "/usr/local/bin:/usr/bin:/bin"
      let outcome = try await Command.run(
        "bash",
        ["-c", test],
        environment: ["PATH": path],
        directory: scratch.path
      )
      #expect(outcome.output.split(separator: "\n") == ["drift"], "\(outcome.errors)")
    }
  }

  /// The tab key in a shell on a terminal of its own.
  @Test func `Zsh completes commands`() async throws {
    let test = """
      zmodload zsh/zpty
      zpty shell zsh -f -i
      zpty -w shell 'PS1=; fpath=($PWD $fpath); autoload -U compinit && compinit -u -D; print rea""dy'
      zpty -r shell line '*ready*'
      zpty -w -n shell $'vault-migrations rollb\t'
      zpty -r shell line '*rollback *'
      zpty -d shell
      print -r -- "${line##*vault-migrations }"
      """
    #expect(try await completions("zsh", "_vault-migrations", ["-f", "-c", test]) == ["rollback "])
  }

  @Test func `Fish completes commands, options and their values`() async throws {
    let test = """
      source completion.fish
      complete -C 'vault-migrations rollb' | cut -f 1
      complete -C 'vault-migrations dev u' | cut -f 1
      complete -C 'vault-migrations plan --detailed' | cut -f 1
      """
    #expect(
      try await completions("fish", "completion.fish", ["--no-config", "-c", test]) == [
        "rollback", "up", "--detailed-exitcode",
      ]
    )
  }

  /// What a shell prints that finds its completion script under a name in its folder.
  private func completions(_ shell: String, _ file: String, _ arguments: [String]) async throws -> [Substring]
  {
    try await Scratch.with { scratch in
      let script = try await Tool.run(["--generate-completion-script", shell])
      #expect(script.status == 0)
      try scratch.write(file, script.output)
      let outcome = try await Command.run(
        "timeout",
        ["120", shell] + arguments,
        environment: ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": scratch.path, "TERM": "dumb"],
        directory: scratch.path
      )
      #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
      return outcome.output.split(separator: "\n")
    }
  }
}
