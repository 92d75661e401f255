import Foundation

/// Lets a file that a test wrote be run.
///
/// A child of another test may hold the file open for writing for a moment, and then nobody can run it ("text file busy").
/// So another program writes what is run.
package func makeExecutable(_ path: String) throws {
  let shell = Process()
  shell.executableURL = URL(fileURLWithPath: "/bin/sh")
  shell.arguments = ["-c", #"cp "$1" "$1.new" && chmod 755 "$1.new" && mv "$1.new" "$1""#, "sh", path]
  try shell.run()
  shell.waitUntilExit()
  guard shell.terminationStatus == 0 else { throw FixtureError("\(path) cannot be made a program") }
}
