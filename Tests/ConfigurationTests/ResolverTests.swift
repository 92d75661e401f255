import Configuration
import TestSupport
import Testing
import Values

/// What references stand for.
@Suite struct ResolverTests {
  @Test func `A variable of the environment comes before a general one, and both before the process`() throws
  {
    let world = World(
      """
      project: p
      environments: {dev: {variables: {a: environment}}, prod: {}}
      variables: {a: general, b: general}
      """,
      process: ["a": "process", "b": "process", "c": "process"]
    )
    #expect(try world.resolve(["${a}", "${b}", "${c}"]) == ["environment", "general", secret("process")])
    #expect(try world.resolve("${a}", for: "prod") == "general")
  }

  @Test func `A default stands in for what is set nowhere`() throws {
    let world = World("variables: {here: 1}", process: ["there": "x"])
    #expect(try world.resolve("${nowhere:-5m}") == "5m")
    #expect(try world.resolve("${nowhere:-}") == "")
    #expect(try world.resolve("${here:-5}") == 1)
    #expect(try world.resolve("${there:-5}") == secret("x"))
  }

  @Test func `Alone a variable keeps its type; inside a text it becomes text`() throws {
    let world = World("variables: {n: 5432, f: 1.50, yes_: true, list: [a, {b: 1}], map: {k: v}}")
    let resolved = try world.resolve(["${n}", "${f}", "${yes_}", "${list}", "${map}"])
    #expect(resolved == [5432, .number(Number(text: "1.50")), true, ["a", ["b": 1]], ["k": "v"]])
    #expect(try world.resolve("${n}/${f}/${yes_}/") == "5432/1.50/true/")
  }

  @Test(arguments: ["list", "map"])
  func `A list or a map cannot become part of a text`(name: String) throws {
    let world = World("variables: {list: [a], map: {k: v}}")
    #expect(
      try world.complaints(.string("x-${\(name)}")) == [
        "${\(name)} is a list or a map, and cannot become part of a text (use \"${\(name)}\" alone as the value)"
      ]
    )
  }

  @Test(arguments: ["\"${%}${%}\"", "[\"${%}\", \"${%}\"]"])
  func `Variables that multiply each other are refused, and quickly`(doubled: String) throws {
    let variables = (0..<64).map { "v\($0): \(doubled.replacing("%", with: "v\($0 + 1)"))" } + ["v64: x"]
    let world = World("variables: {\(variables.joined(separator: ", "))}")
    let found = try world.complaints("${v0}")
    #expect(found.count == 1)
    #expect(found.first?.contains("expands to too many values (variables that refer to each other") == true)
    #expect(try !world.resolver().isSensitive("${v0}"))
    #expect(try world.resolve("${v60}").holdsSecret == false)
  }

  @Test func `Escaped references and templates of Vault pass untouched`() throws {
    let value: Value = [
      "a": "$${X}", "b": "{{identity.entity.name}}", "c": "$5", "d": 3, "e": [true, .null],
    ]
    let expected: Value = [
      "a": "${X}", "b": "{{identity.entity.name}}", "c": "$5", "d": 3, "e": [true, .null],
    ]
    #expect(try World().resolve(value) == expected)
  }

  @Test func `A variable may stand on other variables`() throws {
    let world = World("variables: {host: db, port: 5432, url: \"${host}:${port}\", all: [\"${url}\"]}")
    #expect(try world.resolve("${all}") == ["db:5432"])
  }

  @Test func `A circle is named whole`() throws {
    let world = World("variables: {a: \"x${b}\", b: [\"${c}\"], c: \"${a}\", own: \"${own}\"}")
    #expect(
      try world.complaints("${a}") == [
        "config.yaml:1:1: variables refer to each other in a circle: a → b → c → a"
      ]
    )
    #expect(
      try world.complaints("${own}") == [
        "config.yaml:1:1: variables refer to each other in a circle: own → own"
      ]
    )
  }

  @Test func `Using one variable twice is no circle`() throws {
    #expect(try World("variables: {a: x, b: \"${a}${a}\", c: \"${b}${a}\"}").resolve("${c}") == "xxx")
  }

  @Test func `An unset variable is an error that says how to set it`() throws {
    #expect(
      try World().complaints("${DB_PASSWORD}") == [
        "the variable ${DB_PASSWORD} is not set for environment dev "
          + "(export DB_PASSWORD, or set it under variables in config.yaml, or write ${DB_PASSWORD:-default})"
      ]
    )
  }

  @Test func `Errors name the Vault path that they are about`() throws {
    let resolver = try World().resolver()
    let error = #expect(throws: Problem.self) {
      try resolver.resolve(["x": "${NONE}"], path: "auth/approle/role/web")
    }
    #expect(error?.path == "auth/approle/role/web")
    #expect(error?.code == .configurationInvalid)
  }

  @Test func `A file loses one newline at its end and nothing else`() throws {
    let world = World(files: ["a": "text\n", "b": "text", "c": " a\n\n", "d": "", "e": "\n"])
    let resolved = try world.resolve(["${file:a}", "${file:b}", "${file:c}", "${file:d}", "${file:e}"])
    #expect(resolved == [secret("text"), secret("text"), secret(" a\n"), secret(""), secret("")])
  }

  @Test func `A file that cannot be read is an error, or in the lenient mode a placeholder`() throws {
    #expect(
      try World().complaints("${file:key.pem}") == [
        "the file of ${file:key.pem} cannot be read (the path is relative to the folder of config.yaml)"
      ]
    )
    #expect(try World().resolve("${file:key.pem}", mode: .lenient) == "placeholder-key.pem")
  }

  @Test func `A file that is not text is refused without a word of it`() throws {
    let settings = try settings(minimal())
    let resolver = Resolver(
      settings: settings,
      environment: try settings.environment("dev"),
      processVariables: [:]
    ) {
      _ in [0x68, 0xFF]
    }
    #expect(
      try complaints { try resolver.resolve("${file:k}") } == ["the file of ${file:k} is not UTF-8 text"]
    )
  }

  @Test func `In the lenient mode what is unset becomes a placeholder, and nothing else changes`() throws {
    let world = World("variables: {host: db}", process: ["SET": "s"])
    let resolved = try world.resolve(["${A}", "x-${A}", "${A:-d}", "${host}", "${SET}"], mode: .lenient)
    #expect(resolved == ["placeholder-A", "x-placeholder-A", "d", "db", secret("s")])
    #expect(try world.complaints("${A", mode: .lenient).count == 1, "a syntax error stays one")
  }

  @Test func `Every file is read once, however often it is referred to`() throws {
    let world = World("variables: {key: \"${file:key}\"}", files: ["key": "k", "other": "o"])
    let resolver = try world.resolver()
    for _ in 0..<3 {
      _ = try resolver.resolve(["${key}", "${file:key}", ["x": "a${file:key}${file:other}"]])
    }
    #expect(world.reads == ["key": 1, "other": 1])
  }

  @Test func `What objects were given is looked up each time, alone and inside texts, and is no secret`()
    throws
  {
    let resolver = try World("variables: {host: db}").resolver()
    var asked: [String] = []
    func resolve(_ answer: String) throws -> Value {
      try resolver.resolve(["a": "${accessor:auth/x}", "b": "${host}-${id:a/b}-{{c}}"]) { given in
        asked.append(given.description)
        return .string(answer)
      }
    }
    #expect(try resolve("1") == ["a": "1", "b": "db-1-{{c}}"])
    #expect(try resolve("2") == ["a": "2", "b": "db-2-{{c}}"])
    #expect(asked.sorted() == ["${accessor:auth/x}", "${accessor:auth/x}", "${id:a/b}", "${id:a/b}"])
    #expect(resolver.secrets.isEmpty)
  }

  @Test func `Where nobody can be asked, what objects were given is an error`() throws {
    #expect(
      try World().complaints("${id:a/b}") == [
        "${id:a/b} is known to the server alone, and cannot be used here (such references belong into the schema)"
      ]
    )
    #expect(
      try World("variables: {x: \"${id:a/b}\"}").complaints("${x}") == [
        "config.yaml:1:1: the variable x refers to ${id:a/b}, which only the server knows "
          + "(write ${id:a/b} in the schema instead, where it is used)"
      ]
    )
  }
}
