internal import Database

/// Why a transaction cannot commit, whatever its closure made of the error.
enum PostgresDoom {
    /// Other transactions were in the way; it is worth running again.
    case collision
    /// A prepared statement was not as expected; it is worth running again without names.
    case statementName(DatabaseError)
    /// A statement failed that was not waited for; it is worth running again and waiting for each.
    case notWaitedFor
    /// A statement failed that was not waited for, and would again.
    case failed(DatabaseError)
    /// The connection is gone.
    case lost(DatabaseError)

    /// What the closure is told. It will run again unless the connection is lost, so it hears of nothing that it
    /// might write down as the statement's fault.
    var error: DatabaseError {
        switch self {
        case .collision, .statementName, .notWaitedFor: .conflict
        case .failed(let error), .lost(let error): error
        }
    }
}
