private import Database
private import Glibc

/// The file that SQLite opens, made by us because SQLite would let others read it.
enum SQLiteFile {
    /// Makes the file with mode 0600, and its folder with 0700, where they are missing. Throws
    /// `DatabaseError.unavailable`.
    static func make(_ path: String) throws {
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "./"
        try makeFolder(folder)
        // Made without being opened: closing any descriptor of a file drops every lock that this process has on it.
        guard mknod(path, S_IFREG | 0o600, 0) == 0 || errno == EEXIST else { throw fault("make", path) }
        try requireOwnName(path)
        // The file's name must be as durable as what is committed to it.
        let folderDescriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folderDescriptor >= 0 else { throw fault("open", folder) }
        defer { close(folderDescriptor) }
        guard fsync(folderDescriptor) == 0 else { throw fault("keep", folder) }
    }

    /// A file has one name: its write-ahead log and the lock of its server go by it, and under another name a second server would
    /// write past the first, and both would lose. Throws `DatabaseError.unavailable`, also for what is no file.
    private static func requireOwnName(_ path: String) throws {
        var status = stat()
        guard stat(path, &status) == 0 else { throw fault("find", path) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw DatabaseError.unavailable(reason: "\(path) is not a file")
        }
        guard status.st_nlink == 1 else {
            throw DatabaseError.unavailable(
                reason: "\(path) has \(status.st_nlink) names (hard links), and a database has one; remove the others")
        }
    }

    /// Throws `DatabaseError.unavailable` for a file that holds something else than a database. Must not be called while this process has
    /// the database open: see above, closing drops locks.
    static func requireDatabase(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw fault("open", path) }
        defer { close(descriptor) }
        let magic = Array("SQLite format 3\0".utf8)
        var start = [UInt8](repeating: 0, count: magic.count)
        let count = read(descriptor, &start, start.count)
        guard count >= 0 else { throw fault("read", path) }
        guard count == 0 || start == magic else {
            throw DatabaseError.unavailable(reason: "\(path) is not a SQLite database")
        }
    }

    private static func makeFolder(_ path: String) throws {
        for (index, character) in zip(path.indices, path) where character == "/" {
            let part = String(path[...index])
            guard mkdir(part, 0o700) == 0 || errno == EEXIST else { throw fault("make", part) }
        }
    }

    private static func fault(_ deed: String, _ path: String) -> DatabaseError {
        .unavailable(reason: "cannot \(deed) \(path): \(String(cString: strerror(errno)))")
    }
}
