internal import CommandWords
private import Foundation
internal import JSON
internal import Kernel
internal import KessaiApp

/// What the process gets from the machine: files and the environment.
enum Machine {
    /// The most that a configuration or import file may have, in bytes.
    static let fileBytesMax = 64 << 20

    /// The settings of `kessai.json` (or the file that `KESSAI_CONFIG` names) and the environment over it.
    static func settings() throws -> (settings: Settings, warnings: [SettingsFinding]) {
        var reader = SettingsReader(file: try configurationFile(), environment: environment)
        return try reader.read()
    }

    /// The same with everything that there is to say about it, whether it can be started with or not.
    static func examinedSettings() throws -> (settings: Settings, findings: [SettingsFinding]) {
        var reader = SettingsReader(file: try configurationFile(), environment: environment)
        return reader.examine()
    }

    /// Whether this looks like a real shop's environment: a live key of Stripe's is set, or stands in the file.
    static func hasLiveStripeKey() throws -> Bool {
        let file = try configurationFile()
        return ["STRIPE_SECRET_KEY", "STRIPE_API_KEY"].contains { name in
            [environment[name], file[name]?.string].contains { key in
                let key = (key ?? "").drop { $0.isWhitespace }
                return key.hasPrefix("sk_live_") || key.hasPrefix("rk_live_")
            }
        }
    }

    /// Whether there is something at a path.
    static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    /// Why nothing can be put into a folder; nil when it can be, also when the folder can be made.
    static func fault(ofFolder path: String) -> String? {
        var folder = URL(fileURLWithPath: path.isEmpty ? "." : path).standardizedFileURL
        while !exists(folder.path), folder.path != "/" { folder.deleteLastPathComponent() }
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: folder.path, isDirectory: &isFolder), isFolder.boolValue else {
            return "\(folder.path) is not a folder"
        }
        return FileManager.default.isWritableFile(atPath: folder.path) ? nil : "\(folder.path) cannot be written"
    }

    /// Whether a file is open to every user of the machine.
    static func isReadableByOthers(_ path: String) -> Bool {
        // A file that is not there is told elsewhere.
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return (attributes?[.posixPermissions] as? Int).map { $0 & 0o004 != 0 } ?? false
    }

    /// The environment.
    static var environment: [String: String] { ProcessInfo.processInfo.environment }

    /// The text of a file. Throws `UsageError` when it cannot be read.
    static func text(of path: String) throws -> String {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw UsageError(message: "cannot read \(path)")
        }
        guard data.count <= fileBytesMax else { throw UsageError(message: "\(path) is larger than 64 MiB") }
        guard let text = String(data: data, encoding: .utf8) else {
            throw UsageError(message: "\(path) is not UTF-8")
        }
        return text
    }

    /// A fresh folder for one run.
    static func temporaryFolder(random: any RandomSource) throws -> String {
        let path = NSTemporaryDirectory() + "kessai-" + random.alphanumerics(12)
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        return path
    }

    /// Makes a folder if it is not there.
    static func makeFolder(_ path: String) throws {
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    /// Removes a folder of one run, if it is still there.
    static func remove(_ path: String) {
        do { try FileManager.default.removeItem(atPath: path) } catch {
            Terminal.write("kessai: cannot remove \(path)\n", toErrors: true)
        }
    }

    private static func configurationFile() throws -> JSONValue {
        let named = environment["KESSAI_CONFIG"].flatMap { $0.isEmpty ? nil : $0 }
        let path = named ?? "kessai.json"
        guard named != nil || FileManager.default.fileExists(atPath: path) else { return .null }
        let text = try text(of: path)
        do throws(JSONError) {
            return try JSONValue(parsing: text)
        } catch {
            throw UsageError(message: "\(path) \(error)")
        }
    }
}
