public import Database
public import Kernel

/// Why nothing was moved. Whatever it is, the source is as it was; so is what the target holds, beside steps of the
/// schema that may have run.
public enum MoveError: Error, Equatable, CustomStringConvertible {
    /// The source has no schema of this program at all.
    case sourceIsNoInstallation
    /// The source lacks steps, of which this is the first.
    case sourceBehind(String)
    /// The source has a newer program's step.
    case sourceNewer(String)
    /// Somebody wrote into the source while it was read.
    case sourceChanged
    /// A text that PostgreSQL cannot keep.
    case unmovableText(table: String, key: String, column: String, reason: String)
    /// The target has a newer program's step.
    case targetNewer(String)
    /// The target keeps texts in an encoding that is not UTF-8.
    case targetEncoding(String)
    /// The tables of the two sides are not the same; what differs.
    case shapesDiffer([String])
    /// The target holds rows, and no move is known to have made them.
    case targetNotEmpty(table: String)
    /// The target holds what was moved from another installation.
    case targetOfAnother
    /// The target is served since, after it was moved into.
    case targetInUse(since: Timestamp)
    /// The target was written since it was moved into.
    case targetWritten(table: String)
    /// Another move into the target runs now.
    case moveUnderWay
    /// The target refused rows of a table.
    case rowsRefused(table: String, DatabaseError)
    /// What was read back is not what the source holds.
    case mismatch(table: String, what: String)

    /// Whether somebody uses the target.
    var isOfUse: Bool {
        switch self {
        case .targetNotEmpty, .targetOfAnother, .targetInUse, .targetWritten: true
        default: false
        }
    }

    /// Whether the target's rows are all that a move of the same source brought, and what was made of them since: such a
    /// target can be served, whatever was begun later.
    var isOfWholeRows: Bool {
        switch self {
        case .targetInUse, .targetWritten: true
        default: false
        }
    }

    /// What happened, and what to do.
    public var description: String {
        switch self {
        case .sourceIsNoInstallation:
            "the source is no database of kessai's; run `kessai migrate` on it first if it is to be one"
        case .sourceBehind(let step):
            "the source lacks the step \(step); run `kessai migrate` on it first, with DATABASE_URL naming it"
        case .sourceNewer(let step):
            "the source was made by a newer kessai (it has \(step)); move it with that one"
        case .sourceChanged:
            "somebody wrote into the source while it was copied; nothing was moved. Stop every command on it and run "
                + "this again"
        case .unmovableText(let table, let key, let column, let reason):
            "\(table).\(column) of the row \(key) \(reason), which PostgreSQL cannot keep; nothing was moved. "
                + "Correct it in the source, and run this again"
        case .targetNewer(let step):
            "the target was made by a newer kessai (it has \(step)); move with that one, or into an empty database"
        case .targetEncoding(let encoding):
            "the target keeps texts as \(encoding); make it with ENCODING 'UTF8'"
        case .shapesDiffer(let differences):
            "the tables of source and target differ: \(differences.prefix(5).joined(separator: "; "))"
                + (differences.count > 5 ? "; and \(differences.count - 5) more" : "")
                + ". The target must be a database, or a schema, of kessai's own"
        case .targetNotEmpty(let table):
            "the target holds rows that no move has made (in \(table)); nothing of it was changed. "
                + "Name an empty database, or a schema of its own; or drop this one, if it is of no use, and make it anew"
        case .targetOfAnother:
            "the target holds what was moved from another installation; nothing of it was changed. "
                + "Name an empty database, or a schema of its own"
        case .targetInUse(let since):
            "the target is in use since \(since): it was served after it was moved into; nothing of it was changed. The "
                + "move is over: go on serving the target, and do not serve the source again. To move once more, name an "
                + "empty database, or a schema of its own"
        case .targetWritten(let table):
            "the target was written since it was moved into (\(table) is no longer as it was copied); nothing of it was "
                + "changed. If that was meant, the move is over: serve the target, and do not serve the source again. To "
                + "move once more, name an empty database, or a schema of its own"
        case .moveUnderWay: "another move into the target is under way"
        case .rowsRefused(let table, let error): "the target refuses rows of \(table): \(error); nothing was moved"
        case .mismatch(let table, let what):
            "\(table) was not read back as it is in the source (\(what)); nothing was moved"
        }
    }
}
