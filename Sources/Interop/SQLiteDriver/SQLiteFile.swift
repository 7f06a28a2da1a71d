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
        // The file's name must be as durable as what is committed to it.
        let folderDescriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folderDescriptor >= 0 else { throw fault("open", folder) }
        defer { close(folderDescriptor) }
        guard fsync(folderDescriptor) == 0 else { throw fault("keep", folder) }
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
