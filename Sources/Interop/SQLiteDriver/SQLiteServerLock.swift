internal import Database
private import Glibc

/// Says that a process serves from a SQLite file, so that a second one does not: an advisory lock of the kernel on
/// `<file>.lock`, which ends with the process however it ends. Short commands beside the server do not take it.
///
/// The empty lock file stays behind on purpose: whoever removed it could let two servers hold two locks.
public final class SQLiteServerLock: Sendable {
    private let descriptor: Int32

    /// Takes the lock for as long as the object lives; nil when another process, or this one, has it already. The
    /// database and its folders are made if they are not there, as opening it would. Throws `DatabaseError.unavailable`, also for a file
    /// that has another name or is no database. To be taken before the database is opened.
    public init?(ofDatabaseAt path: String) throws {
        try SQLiteFile.make(path)
        // Nothing is left beside a file that is not ours.
        try SQLiteFile.requireDatabase(path)
        // The file may be reached by several paths; its lock is one.
        guard let resolved = realpath(path, nil) else { throw Self.fault("find", path) }
        defer { free(resolved) }
        let lockPath = String(cString: resolved) + ".lock"
        let descriptor = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw Self.fault("open", lockPath) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let reason = errno
            close(descriptor)
            if reason == EWOULDBLOCK { return nil }
            throw Self.fault("lock", lockPath, reason)
        }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    private static func fault(_ deed: String, _ path: String, _ code: Int32 = errno) -> DatabaseError {
        .unavailable(reason: "cannot \(deed) \(path): \(String(cString: strerror(code)))")
    }
}
