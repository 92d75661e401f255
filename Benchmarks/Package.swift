// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let package = Package(
  name: "benchmarks",
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2")
  ],
  targets: [
    // Runs the tool and what it is compared with, in turns.
    .executableTarget(
      name: "bench",
      dependencies: [.product(name: "ArgumentParser", package: "swift-argument-parser")],
      swiftSettings: strict
    ),
    // The limits, in C: nothing but the requests, the events, the pack.
    .executableTarget(
      name: "reference",
      cSettings: [.treatAllWarnings(as: .error), .enableWarning("all"), .enableWarning("extra")],
      linkerSettings: [
        .linkedLibrary("curl"), .linkedLibrary("yaml"), .linkedLibrary("git2"), .linkedLibrary("crypto"),
        .linkedLibrary("z"),
      ]
    ),
  ],
  cLanguageStandard: .gnu2x
)
