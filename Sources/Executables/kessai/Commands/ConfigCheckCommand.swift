internal import CommandWords
internal import Database
internal import JSON
internal import Kernel
internal import KessaiApp
internal import Moving

/// `kessai config check`: everything that is missing or wrong, at once.
struct ConfigCheckCommand: Command {
    static let name = "config check"
    static let synopsis = "[--connect] [--json]"
    static let summary = "tell everything that is missing or wrong in the configuration, at once"
    static let details = """
          --connect  open the database too, and tell whether it answers, its schema is current, and a move into it is
                     done; nothing is changed
          --json     one object: usable, mode, findings, and with --connect the database
        Exit status: 0 usable (warnings may be printed), 2 not usable, 1 usable but the database is not (--connect).
        """
    static let flags: Set<String> = ["--connect", "--json"]

    func run(_ arguments: Arguments) async throws -> ExitStatus {
        let (settings, findings) = try Machine.examinedSettings()
        var report = Report(
            findings: findings + Self.findings(onThisMachine: settings), mode: settings.isLive ? "live" : "test")
        if report.isUsable, arguments.has("--connect") { report.database = await DatabaseState.of(settings) }
        if arguments.has("--json") {
            Terminal.write(report.json.text() + "\n")
        } else {
            Terminal.write(report.text)
        }
        return report.isUsable ? (report.database?.isGood ?? true ? .success : .failure) : .usage
    }

    /// What only this machine knows: folders, certificates, and how much there may be open.
    private static func findings(onThisMachine settings: Settings) -> [SettingsFinding] {
        var findings = TLSFiles.findings(settings, now: SystemClock().now()) + Descriptors.findings(settings.door)
        if let fault = Machine.fault(ofFolder: settings.mailFolder) {
            findings.append(.init(gravity: .error, name: "MAIL_FOLDER", detail: "no mail can be put there: \(fault)"))
        }
        // What is no URL at all was told by the settings.
        switch try? DatabaseURL(settings.databaseURL.reveal()) {
        case .sqliteFile(let path):
            let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
            if let fault = Machine.fault(ofFolder: folder) {
                findings.append(.init(gravity: .error, name: "DATABASE_URL", detail: "no file can be there: \(fault)"))
            }
        case .sqliteMemory:
            findings.append(.init(gravity: .error, name: "DATABASE_URL", detail: Opening.memoryEnds))
        case .postgresql, nil: break
        }
        return findings
    }

    private struct Report {
        let findings: [SettingsFinding]
        let mode: String
        var database: DatabaseState?

        var isUsable: Bool { !findings.contains { $0.gravity == .error } }

        var text: String {
            var text = findings.map { "\($0.gravity.rawValue): \($0.name): \($0.detail)\n" }.joined()
            if isUsable { text += "usable, in \(mode) mode\n" }
            if let database { text += "database: \(database.words)\n" }
            return text
        }

        var json: JSONValue {
            var object: JSONObject = [
                "usable": .bool(isUsable), "mode": .string(mode),
                "findings": .array(
                    findings.map {
                        [
                            "gravity": .string($0.gravity.rawValue), "name": .string($0.name),
                            "detail": .string($0.detail),
                        ]
                    }),
            ]
            if let database { object["database"] = database.json }
            return .object(object)
        }
    }
}

/// How a database stands when it is looked at.
private enum DatabaseState {
    case current(MoveState)
    case behind(steps: Int)
    case halfMoved(MoveState)
    case missing(String)
    case unreachable(String)

    static func of(_ settings: Settings) async -> DatabaseState {
        let clock = SystemClock()
        do {
            let database = try Opening.database(settings, clock: clock)
            let migrator = Migrator(database: database, migrations: KessaiApp.migrations, clock: clock)
            let state: DatabaseState
            do {
                let pending = try await migrator.status().pending.count
                let move = try await MoveState.of(database)
                // The move runs the steps that the schema lacks.
                state = move.isUnderWay ? .halfMoved(move) : pending == 0 ? .current(move) : .behind(steps: pending)
            } catch {
                await database.close()
                throw error
            }
            await database.close()
            return state
        } catch DatabaseError.schemaMismatch(let text) {
            return .missing(text)
        } catch DatabaseError.unavailable(let reason) {
            return .unreachable(reason)
        } catch {
            return .unreachable("\(error)")
        }
    }

    var isGood: Bool {
        if case .current = self { true } else { false }
    }

    var words: String {
        switch self {
        case .current(let move):
            "reachable, its schema is current" + (move == .none ? "" : "; \(move.words)")
        case .behind(let steps): "reachable, its schema lacks \(steps) steps: run `kessai migrate`"
        case .halfMoved(let move): "reachable, and not to be served: \(move.words)"
        case .missing(let text): text
        case .unreachable(let reason): "not reachable: \(reason)"
        }
    }

    var json: JSONValue {
        let word =
            switch self {
            case .current: "current"
            case .behind: "behind"
            case .halfMoved: "half_moved"
            case .missing: "mismatch"
            case .unreachable: "unreachable"
            }
        var object: JSONObject = ["state": .string(word), "detail": .string(words)]
        switch self {
        case .current(let move), .halfMoved(let move): object["move"] = .string(move.word)
        case .behind, .missing, .unreachable: break
        }
        return .object(object)
    }
}
