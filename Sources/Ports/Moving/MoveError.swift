public import Database

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
    /// The target was served or written since it was moved into.
    case targetWritten(table: String)
    /// Another move into the target runs now.
    case moveUnderWay
    /// The target refused rows of a table.
    case rowsRefused(table: String, DatabaseError)
    /// What was read back is not what the source holds.
    case mismatch(table: String, what: String)
    /// The move was refused by another error, and then the target could not be told that it is over.
    indirect case stillMarked(after: MoveError, because: String)

    /// Whether somebody uses the target.
    var isOfUse: Bool {
        switch self {
        case .targetNotEmpty, .targetOfAnother, .targetWritten: true
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
                + "Name an empty database, or a schema of its own"
        case .targetOfAnother:
            "the target holds what was moved from another installation; nothing of it was changed. "
                + "Name an empty database, or a schema of its own"
        case .targetWritten(let table):
            "the target was served or written since it was moved into (\(table) is no longer as it was copied); nothing "
                + "of it was changed. If the target is in use, the move is over: do not serve the source again. To "
                + "move once more, name an empty database, or a schema of its own"
        case .moveUnderWay: "another move into the target is under way"
        case .rowsRefused(let table, let error): "the target refuses rows of \(table): \(error); nothing was moved"
        case .mismatch(let table, let what):
            "\(table) was not read back as it is in the source (\(what)); nothing was moved"
        case .stillMarked(let refusal, let reason):
            "\(refusal). And the target still says that a move is under way (\(reason)); before it is served again: "
                + "DELETE FROM database_moves WHERE state = 'copying'"
        }
    }
}
