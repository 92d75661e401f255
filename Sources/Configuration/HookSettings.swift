import Values
import YAML

/// Reads `hooks:` of `config.yaml`: which environments follow a branch without a pipeline.
enum HookSettings {
  static func read(_ map: inout MapReader, _ settings: inout Settings, _ diagnostics: Diagnostics) {
    guard let node = map.node("hooks"), var hooks = MapReader(node, "hooks", diagnostics) else { return }
    if let branch = hooks.string("branch") { settings.hooks.branch = branch }
    settings.hooks.postMerge = environments("post_merge", &hooks, settings, diagnostics)
    settings.hooks.postReceive = environments("post_receive", &hooks, settings, diagnostics)
    hooks.finish()
  }

  private static func environments(
    _ key: String,
    _ hooks: inout MapReader,
    _ settings: Settings,
    _ diagnostics: Diagnostics
  ) -> [String] {
    let names = hooks.strings(key) ?? []
    let known = settings.environments.keys.sorted()
    for name in names where !known.contains(name) {
      diagnostics.error(
        "hooks.\(key) names \"\(name)\", which is not under environments",
        at: hooks.node(key)?.location,
        hint: Suggestion.hint(for: name, among: known)
      )
    }
    return names
  }
}
