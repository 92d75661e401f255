// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// For every target but the wrappers: any use of a C pointer is a build error there.
let withoutPointers = strict + [.strictMemorySafety()]

// The rooms, top down; each names what it imports, and nothing points up (CONTRIBUTING.md has the picture).
let package = Package(
  name: "vault-migrations",
  products: [.executable(name: "vault-migrations", targets: ["vault-migrations"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
    .package(url: "https://github.com/swiftlang/swift-subprocess.git", from: "1.0.2", traits: []),
    .package(url: "https://github.com/apple/swift-system.git", from: "1.8.1"),
    .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.2"),
  ],
  targets: [
    // Commands, rendering, progress.
    .executableTarget(
      name: "vault-migrations",
      dependencies: [
        "Migrations", "StateTracker", "VaultClient", "Configuration", "Catalogue", "Digests", "Embedded",
        "Platform",
        "Git",
        "HTTP", "Resources", "Values",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: withoutPointers
    ),

    // The domain.
    .target(
      name: "Migrations",
      dependencies: [
        "Configuration", "VaultClient", "StateTracker", "Catalogue", "Digests", "Platform", "Values", "YAML",
        "Git", .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: withoutPointers
    ),

    // Vault, its state in git, and the settings of a run.
    .target(
      name: "Embedded",
      dependencies: [
        "Digests", "Platform", "Values", .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: withoutPointers
    ),
    .target(
      name: "VaultClient",
      dependencies: ["Catalogue", "HTTP", "Values"],
      swiftSettings: withoutPointers
    ),
    .target(
      name: "StateTracker",
      dependencies: ["Catalogue", "Git", "YAML", "Values"],
      swiftSettings: withoutPointers
    ),
    .target(name: "Configuration", dependencies: ["YAML", "Values"], swiftSettings: withoutPointers),
    .target(
      name: "Catalogue",
      dependencies: ["Resources", "YAML", "Values"],
      exclude: ["catalogue.yaml", "fields.yaml"],
      swiftSettings: withoutPointers
    ),

    // Wrappers: they know nothing of Vault, and no C leaves them.
    .target(name: "HTTP", dependencies: ["CCurl", "Values"], swiftSettings: strict),
    .target(
      name: "Git",
      dependencies: [
        "CGit2", .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: strict
    ),
    .target(name: "YAML", dependencies: ["CYAML", "Values"], swiftSettings: strict),
    .target(name: "Digests", dependencies: ["CCrypto"], swiftSettings: strict),
    .target(
      name: "Platform",
      dependencies: [.product(name: "SystemPackage", package: "swift-system")],
      swiftSettings: strict
    ),
    .target(name: "Resources", dependencies: ["CResources"], swiftSettings: strict),
    .target(name: "Values", swiftSettings: withoutPointers),

    // C: system libraries, and the files that the binary carries.
    .systemLibrary(name: "CGit2", pkgConfig: "libgit2", providers: [.apt(["libgit2-dev"])]),
    .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
    .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .target(name: "CResources"),

    // Tests.
    .target(
      name: "TestSupport",
      dependencies: [
        "Values", .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      path: "Tests/TestSupport",
      swiftSettings: strict
    ),
    .testTarget(name: "ValuesTests", dependencies: ["Values", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "YAMLTests",
      dependencies: ["YAML", "Values", "TestSupport", .product(name: "Yams", package: "Yams")],
      swiftSettings: strict
    ),
    .testTarget(name: "HTTPTests", dependencies: ["HTTP", "Values", "TestSupport"], swiftSettings: strict),
    .testTarget(name: "GitTests", dependencies: ["Git", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "CatalogueTests",
      dependencies: ["Catalogue", "Resources", "Values", "TestSupport"],
      swiftSettings: strict
    ),
    .testTarget(
      name: "ConfigurationTests",
      dependencies: ["Configuration", "Values", "TestSupport"],
      swiftSettings: strict
    ),
    .testTarget(
      name: "VaultClientTests",
      dependencies: ["VaultClient", "HTTP", "Catalogue", "Values", "TestSupport"],
      swiftSettings: strict
    ),
    .executableTarget(  // not a product, so never shipped: holds a server until it is killed
      name: "EmbeddedHolder",
      dependencies: [
        "Embedded", "Values", .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      path: "Tests/EmbeddedHolder",
      swiftSettings: strict
    ),
    .testTarget(
      name: "EmbeddedTests",
      dependencies: [
        "Embedded", "EmbeddedHolder", "Platform", "TestSupport", "Values",
        .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: strict
    ),
    .testTarget(
      name: "MigrationsTests",
      dependencies: [
        "Migrations", "Configuration", "StateTracker", "Catalogue", "Git", "Values", "Digests", "YAML",
        "TestSupport",
      ],
      swiftSettings: strict
    ),
    .testTarget(
      name: "StateTrackerTests",
      dependencies: ["StateTracker", "Catalogue", "Git", "Values", "TestSupport"],
      swiftSettings: strict
    ),
    .testTarget(
      name: "CommandTests",
      dependencies: [
        "vault-migrations", "Migrations", "Configuration", "VaultClient", "StateTracker", "Catalogue", "Git",
        "Resources", "YAML", "TestSupport", "Values", .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict
    ),
  ],
  cLanguageStandard: .gnu2x
)

// The fuzzer needs compiler flags that nothing else is built with; `make fuzz` sets them and this.
if Context.environment["VAULT_MIGRATIONS_FUZZ"] != nil {
  package.targets.append(
    .executableTarget(
      name: "Fuzzing",
      dependencies: [
        "Migrations", "StateTracker", "VaultClient", "Configuration", "Catalogue", "Git", "HTTP", "YAML",
        "Values",
      ],
      path: "Tests/Fuzzing",
      swiftSettings: strict
    )
  )
}

// `make bench` measures how fast a state is written, without a server in the way.
if Context.environment["VAULT_MIGRATIONS_BENCHMARKS"] != nil {
  package.targets.append(
    .executableTarget(
      name: "state-commit",
      dependencies: ["Catalogue", "Git", "StateTracker", "Values"],
      path: "Benchmarks/StateCommit",
      swiftSettings: strict
    )
  )
}
