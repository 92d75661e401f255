package import Values
import YAML

extension Settings {
  /// Who is told what happened, besides whoever runs the command.
  package struct Notification: Hashable, Sendable {
    package enum Event: String, Hashable, Sendable, CaseIterable {
      case applied, failed, drift
    }

    package enum Format: String, Hashable, Sendable, CaseIterable {
      case json, slack
    }

    /// Perhaps with references; who knows the address can write to it.
    package let url: String
    package var events = Set(Event.allCases)
    package var format = Format.json
    package var headerName: String?
    package var headerValue = ""
    /// The environments that it is about; `nil` for all.
    package var environments: Set<String>?
    package let location: SourceLocation
  }
}

/// Reads `notify:` of `config.yaml`: one receiver or a list of them.
enum NotifySettings {
  static func read(_ map: inout MapReader, _ settings: inout Settings, _ diagnostics: Diagnostics) {
    guard let node = map.node("notify") else { return }
    let nodes: [Node] = if case .sequence(let elements) = node.content { elements } else { [node] }
    settings.notifications = nodes.compactMap { receiver($0, settings, diagnostics) }
  }

  private static func receiver(
    _ node: Node,
    _ settings: Settings,
    _ diagnostics: Diagnostics
  ) -> Settings.Notification? {
    guard var map = MapReader(node, "notify", diagnostics) else { return nil }
    map.know(["url", "events", "format", "header", "environments"])
    guard let url = map.string("url") else {
      diagnostics.error("notify has no url", at: node.location, hint: "for example \"url: ${CHAT_WEBHOOK}\"")
      return nil
    }
    if url.contains("hooks.slack.com/") {
      diagnostics.error(
        "the url of notify is a secret, and is written into config.yaml",
        at: map.node("url")?.location,
        hint: "put a reference in its place, for example ${CHAT_WEBHOOK}, and export that variable"
      )
    }
    var receiver = Settings.Notification(url: url, location: node.location)
    if let names = map.strings("events") {
      let events = names.compactMap(Settings.Notification.Event.init(rawValue:))
      if events.count != names.count || events.isEmpty {
        diagnostics.error(
          "events of notify must be some of applied, failed, drift",
          at: map.node("events")?.location
        )
      }
      receiver.events = Set(events)
    }
    if let format = map.choice("format", of: Settings.Notification.Format.self) { receiver.format = format }
    readHeader(&map, &receiver, diagnostics)
    if let names = map.strings("environments") {
      let known = settings.environments.keys.sorted()
      for name in names where !known.contains(name) {
        diagnostics.error(
          "notify names \"\(name)\", which is not under environments",
          at: map.node("environments")?.location,
          hint: Suggestion.hint(for: name, among: known)
        )
      }
      receiver.environments = Set(names)
    }
    map.finish()
    return receiver
  }

  private static func readHeader(
    _ map: inout MapReader,
    _ receiver: inout Settings.Notification,
    _ diagnostics: Diagnostics
  ) {
    guard let node = map.node("header"), var header = MapReader(node, "header of notify", diagnostics) else {
      return
    }
    guard let name = header.string("name"), let value = header.string("value"), value.contains("${") else {
      diagnostics.error(
        "header of notify needs a name, and a value that refers to a variable",
        at: node.location,
        hint: "for example \"header: {name: Authorization, value: Bearer ${CHAT_TOKEN}}\""
      )
      return
    }
    receiver.headerName = name
    receiver.headerValue = value
    header.finish()
  }
}
