import Foundation
import JSON
import Testing

/// Reads the files under `Samples`.
enum SampleFile {
    static func bytes(_ path: String) throws -> [UInt8] {
        let root = try #require(Bundle.module.resourceURL)
        return Array(try Data(contentsOf: root.appendingPathComponent("Samples/\(path)")))
    }

    static func json(_ path: String) throws -> JSONValue { try JSONValue(parsing: try bytes(path)) }
}
