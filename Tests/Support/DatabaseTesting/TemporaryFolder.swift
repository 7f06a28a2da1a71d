private import FoundationEssentials
private import Glibc

/// Runs `body` with the path of a fresh folder that only this user can enter, and removes it with all it holds.
public func withTemporaryFolder<R>(_ body: (String) async throws -> R) async throws -> R {
    var template = Array((FileManager.default.temporaryDirectory.path + "/kessai-test.XXXXXX").utf8CString)
    guard mkdtemp(&template) != nil else { throw TemporaryFolderMissing(code: errno) }
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer {
        do { try FileManager.default.removeItem(atPath: path) } catch {
            // The system clears its folder of temporary files by itself.
        }
    }
    return try await body(path)
}

/// The system gave no folder.
public struct TemporaryFolderMissing: Error {
    /// The number of the error, as errno.
    public let code: Int32
}
