import Catalogue
import Values
import VaultClient

/// The requests behind one look at many paths: what one answer shows of several is asked for once, and what a list tells
/// to be absent is not asked for at all.
struct ReadBatch {
  /// From so many objects of a kind on, one answer with all of them is cheaper than one each.
  private static let worthAWhole = 32
  /// From so many on that are probably absent, a list of names is cheaper.
  private static let worthAList = 4

  let reader: LiveReader
  let mounts: MountTable
  private var survey = LiveReader.Survey()
  private var lists: [VaultPath: [(path: VaultPath, key: String)]] = [:]
  private var named: [VaultPath: [(path: VaultPath, match: [String: String])]] = [:]
  private var singles: [Single] = []
  private var groups: [Group] = []

  private struct Single {
    let path: VaultPath
    let from: VaultPath
    let endpoint: Endpoint

    var request: VaultRequest {
      VaultRequest(.read, from, query: endpoint.readQuery.map(LiveReader.parameters) ?? [])
    }
  }

  /// Objects of one kind in one place.
  private struct Group {
    let names: VaultPath
    /// Where the server has all of them in one answer, if it has.
    let whole: VaultPath?
    var members: [(single: Single, key: String)] = []
  }

  init(reader: LiveReader, mounts: MountTable) {
    self.reader = reader
    self.mounts = mounts
  }

  /// Takes a path to be read.
  mutating func add(_ path: VaultPath) {
    let endpoint = reader.catalogue.endpoint(for: path, mounts: mounts)
    switch endpoint.readPath(for: path) {
    case .itself: singles.append(Single(path: path, from: path, endpoint: endpoint))
    case .path(let other), .kvMetadata(let other):
      singles.append(Single(path: path, from: other, endpoint: endpoint))
    case .member(let list, let key): lists[list, default: []].append((path, key))
    case .named(let list, let match): named[list, default: []].append((path, match))
    case .nothing: break
    }
  }

  /// Finds those for which a list is asked first: many of a kind, or some that are probably absent.
  mutating func group(doubting doubtful: Set<VaultPath>) {
    guard singles.count >= Self.worthAList else { return }
    var found: [VaultPath: (group: Group, doubts: Int)] = [:]
    for single in singles where single.from == single.path {
      guard let member = single.endpoint.listed(single.path) else { continue }
      let new = (group: Group(names: member.list, whole: member.whole), doubts: 0)
      found[member.list, default: new].group.members.append((single, member.key))
      if doubtful.contains(single.path) { found[member.list, default: new].doubts += 1 }
    }
    groups = found.values.filter { group, doubts in
      doubts >= Self.worthAList || group.whole != nil && group.members.count >= Self.worthAWhole
    }.map(\.group).sorted { $0.names < $1.names }
    let grouped = Set(groups.lazy.flatMap(\.members).map(\.single.path))
    if !grouped.isEmpty { singles.removeAll { grouped.contains($0.path) } }
  }

  /// Asks for everything: first what tells what else to ask for, then all of that at once.
  mutating func survey(noting note: (VaultPath, Value) -> Void) -> LiveReader.Survey {
    let listed = lists.keys.sorted()
    let tellingNames = named.keys.sorted()
    var answers = reader.client.perform(
      listed.map { VaultRequest(.read, $0) } + tellingNames.map { VaultRequest(.list, $0) }
        + groups.map { VaultRequest(.list, $0.names) }
    )[...]
    for list in listed { takeMembers(of: list, answers.removeFirst()) }
    for list in tellingNames { takeNamed(of: list, answers.removeFirst()) }
    var wholes: [Group] = []
    for (group, answer) in zip(groups, answers) {
      let (present, count) = members(of: group, answer)
      // All at once where most of a list is wanted.
      if group.whole != nil, present.count >= Self.worthAWhole, present.count * 2 >= count {
        wholes.append(Group(names: group.names, whole: group.whole, members: present))
      } else {
        singles += present.map(\.single)
      }
    }
    let left = ask(wholes, singles, note)
    // Not every server has such a list, and not every token may use it.
    _ = ask([], left, note)
    return survey
  }

  // MARK: - Groups

  /// Asks for lists with all content, which take the server longest, and for single objects, and takes in what comes as it
  /// comes.
  ///
  /// - Returns: What could not be had as a whole.
  private mutating func ask(
    _ wholes: [Group],
    _ singles: [Single],
    _ note: (VaultPath, Value) -> Void
  ) -> [Single] {
    let requests =
      wholes.compactMap { $0.whole.map { VaultRequest(.list, $0) } } + singles.map(\.request)
    guard !requests.isEmpty else { return [] }
    var left: [Single] = []
    reader.client.perform(requests) { index, answer in
      guard index < wholes.count else { return take(answer, singles[index - wholes.count], note) }
      let members = wholes[index].members
      guard case .success(let response) = answer, let entries = response.data?["key_info"]?.object else {
        left += members.map(\.single)
        return
      }
      for (single, key) in members {
        if let entry = entries[key] { take(entry, single, note) }
      }
    }
    return left
  }

  /// The members that a list of names has, and how many names it has; all of them where the list cannot be had.
  private func members(
    of group: Group,
    _ answer: Result<VaultResponse, VaultError>
  ) -> (present: [(single: Single, key: String)], count: Int) {
    switch answer {
    case .success(let response):
      let names = Set(response.keys)
      return (group.members.filter { names.contains($0.key) }, names.count)
    case .failure(let error):
      let isEmpty = [.notFound, .noSuchMount, .namespaceNotFound].contains(error.kind)
      return isEmpty ? ([], 0) : (group.members, group.members.count)
    }
  }

  // MARK: - Answers

  private mutating func take(
    _ answer: Result<VaultResponse, VaultError>,
    _ single: Single,
    _ note: (VaultPath, Value) -> Void
  ) {
    do throws(VaultError) {
      if let data = try reader.data(of: answer) { take(data, single, note) }
    } catch {
      survey.failures[single.path] = error
    }
  }

  private mutating func take(_ data: Value, _ single: Single, _ note: (VaultPath, Value) -> Void) {
    note(single.path, data)
    survey.found[single.path] =
      single.endpoint.kind == .kvData
      ? LiveReader.secretVersion(data) : reader.recordable(data, at: single.path, single.endpoint)
  }

  private mutating func takeMembers(of list: VaultPath, _ answer: Result<VaultResponse, VaultError>) {
    let paths = lists[list] ?? []
    do throws(VaultError) {
      let entries = try reader.entries(of: list, paths.map(\.key), answer)
      for (path, key) in paths {
        if let entry = entries[key] { survey.found[path] = reader.recordable(entry, at: path, mounts) }
      }
    } catch {
      for (path, _) in paths { survey.failures[path] = error }
    }
  }

  private mutating func takeNamed(of list: VaultPath, _ answer: Result<VaultResponse, VaultError>) {
    let paths = named[list] ?? []
    do throws(VaultError) {
      guard let data = try reader.data(of: answer) else { return }
      for (path, match) in paths {
        guard let entry = IDLookup.find(match, in: data)?.entry else { continue }
        survey.found[path] = reader.recordable(entry, at: path, mounts)
      }
    } catch {
      for (path, _) in paths { survey.failures[path] = error }
    }
  }
}
