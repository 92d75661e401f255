import VaultClient

extension Context {
  /// Shows what is asked of a server, with `--trace requests`.
  func trace(_ client: VaultClient) {
    guard options.trace == .requests else { return }
    client.observe { exchange in console.complain { exchange.line($0) } }
  }
}

extension Exchange {
  /// What was sent, what came of it, how long it took, and why it was sent; nothing of its content.
  fileprivate func line(_ style: Style) -> String {
    let time = duration.map { duration in
      let microseconds =
        duration.components.seconds * 1_000_000
        + duration.components.attoseconds / 1_000_000_000_000
      return " \(microseconds / 1000).\(microseconds / 100 % 10) ms"
    }
    let tries = tries > 1 ? " (\(self.tries) tries)" : ""
    return
      "\(style.title("trace:")) \(method) \(path) \(status.map(String.init) ?? "no answer")\(time ?? "")\(tries)"
      + style.faint("  \(purpose)")
  }
}
