private import FoundationEssentials

/// The few things that a drill does with files.
enum Files {
    static func text(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }

    static func write(_ text: String, to path: String) throws {
        guard FileManager.default.createFile(atPath: path, contents: Data(text.utf8)) else {
            throw DrillFailure("cannot write \(path)")
        }
    }

    static func names(in folder: String) -> [String] {
        do { return try FileManager.default.contentsOfDirectory(atPath: folder) } catch { return [] }
    }

    static func isProgram(_ path: String) -> Bool { FileManager.default.isExecutableFile(atPath: path) }

    static func makeFolder(_ path: String) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
}

/// A drill that cannot be held; it says nothing of the books.
public struct DrillFailure: Error, CustomStringConvertible {
    /// Why.
    public let description: String

    /// Why.
    public init(_ description: String) { self.description = description }
}
