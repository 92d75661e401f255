/// How a version is written everywhere: `0002`, at least four digits.
package enum VersionLabel {
  package static func text(_ version: Int) -> String {
    let digits = String(version)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }
}
