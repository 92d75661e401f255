/// Where to list what a deletion takes along, so that it can be counted.
package struct CountPlan: Hashable, Sendable {
  /// What is counted, in the plural: `roles`.
  package let noun: String
  package let path: VaultPath
  /// Whether names that end in `/` are folders to look into.
  package let isTree: Bool
}

extension Endpoint {
  /// What can be counted of what a deletion of this path, or this action, destroys; by noun.
  package func countPlans(for path: VaultPath) -> [CountPlan] {
    self.counts.sorted { $0.key < $1.key }.map { noun, text in
      let isTree = text.hasSuffix("**")
      var listed = PathTemplate.fill(isTree ? String(text.dropLast("**".count)) : text, with: bindings)
      var namespace = path.namespace
      if listed.hasPrefix("@/") {
        // Inside the namespace that goes.
        listed = String(listed.dropFirst("@/".count))
        namespace = [namespace, bindings["path"] ?? ""].filter { !$0.isEmpty }.joined(separator: "/")
      } else if listed.hasPrefix("/") {
        let mount = prefix.hasSuffix("/") ? String(prefix.dropLast()) : prefix
        listed = PathTemplate.fill(String(listed.dropFirst()), with: ["mount": mount])
      } else {
        listed = prefix + listed
      }
      return CountPlan(noun: noun, path: VaultPath(listed, in: namespace), isTree: isTree)
    }
  }
}
