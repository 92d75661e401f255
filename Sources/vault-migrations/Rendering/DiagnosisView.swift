import Catalogue
import Migrations
import Values

/// What is wrong with an environment's records, and the ways out.
struct DiagnosisView {
  let diagnosis: Diagnosis
  let environment: String

  private struct Way {
    let command: String
    let text: String
  }

  private var ways: [Way] {
    var ways: [Way] = []
    switch diagnosis.standing.disagreement?.cause {
    case .ledgerAhead:
      ways = [
        Way(
          command: "repair --rebuild",
          text: "brings the branch back from what this repository still has, else from the server"
        )
      ]
      if diagnosis.standing.version > 0 {
        ways.append(Way(command: "repair --accept", text: "trusts the branch: what follows is pending again"))
      }
    case .branchAhead:
      let known = diagnosis.standing.head?.version ?? 0
      ways = [
        Way(command: "repair --reapply-from \(known)", text: "applies again what the server lost"),
        Way(command: "repair --accept", text: "trusts the branch; drift shows what the server lacks"),
      ]
    case .otherState:
      ways = [
        Way(command: "repair --rebuild", text: "trusts the ledger: brings its commit back"),
        Way(command: "repair --accept", text: "trusts the branch"),
      ]
    case .migrationEdited, .otherServer, nil: break
    }
    if diagnosis.survey != nil, diagnosis.standing.disagreement == nil {
      ways += [
        Way(command: "repair --finish", text: "does the rest, as sync does"),
        Way(command: "repair --undo", text: "takes back what was done"),
        Way(command: "repair --record", text: "accepts what is there as this version"),
      ]
    } else if diagnosis.standing.run != nil, diagnosis.standing.disagreement == nil {
      ways.append(Way(command: "repair --finish", text: "finishes what was interrupted"))
    }
    if diagnosis.standing.hold != nil {
      ways.append(Way(command: "release", text: "applies again what was rolled back"))
    }
    if !diagnosis.wrongTags.isEmpty {
      ways.append(Way(command: "repair --tags", text: "makes the tags anew"))
    }
    return ways
  }

  func text(_ style: Style) -> String {
    var text = "\(style.title(environment))  \(diagnosis.standing.state.rawValue)\n"
    if let found = diagnosis.standing.disagreement {
      text += "  " + ErrorReport.text(found.problem, style) + "\n"
    }
    if let survey = diagnosis.survey {
      text += "  an interrupted run of \(Migration.label(survey.version)):\n"
      for entry in survey.entries {
        text += "    \(mark(entry.finding, style)) \(entry.path)  \(style.faint(Self.words(entry.finding)))\n"
      }
    }
    if !diagnosis.wrongTags.isEmpty {
      text += "  tags missing or moved: \(diagnosis.wrongTags.map(Migration.label).joined(separator: ", "))\n"
    }
    if diagnosis.isSound { return text + "  nothing to repair\n" }
    if !ways.isEmpty {
      let width = ways.map(\.command.count).max() ?? 0
      text += "  choose:\n"
      for way in ways {
        text += "    \(way.command)\(String(repeating: " ", count: width - way.command.count))  \(way.text)\n"
      }
    }
    return text
  }

  private func mark(_ finding: Survey.Finding, _ style: Style) -> String {
    switch finding {
    case .done: style.added("✓")
    case .notDone: style.faint("·")
    case .changedByOthers: style.changed("≠")
    case .unknown: style.removed("?")
    }
  }

  private static func words(_ finding: Survey.Finding) -> String {
    switch finding {
    case .done: "done"
    case .notDone: "not done"
    case .changedByOthers: "changed by others"
    case .unknown: "unknown"
    }
  }

  var json: Value {
    var document: [String: Value] = [
      "environment": .string(environment), "state": .string(diagnosis.standing.state.rawValue),
      "tags": .array(diagnosis.wrongTags.map { .string(Migration.label($0)) }),
      "ways": .array(ways.map { .string($0.command) }),
    ]
    if let found = diagnosis.standing.disagreement {
      document["cause"] = .string(found.cause.rawValue)
      document["disagreement"] = ErrorReport.json(found.problem)
    }
    if let survey = diagnosis.survey {
      document["interrupted"] = [
        "version": .string(Migration.label(survey.version)),
        "tasks": .array(
          survey.entries.map {
            [
              "path": .string($0.path.path), "namespace": .string($0.path.namespace),
              "action": .string($0.action.rawValue), "finding": .string($0.finding.rawValue),
            ]
          }
        ),
      ]
    }
    return .object(document)
  }
}
