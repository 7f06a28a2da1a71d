import Foundation

/// The files of the project, found from where this file stands.
struct SourceTree {
    /// A file by its path from the root.
    struct File: Sendable {
        let path: String
        let text: String
        /// The file's lines with their numbers, without comments and the text of literals; none for other files than
        /// Swift's.
        let code: [(number: Int, line: Substring)]

        init(path: String, text: String) {
            self.path = path
            self.text = text
            let code = path.hasSuffix(".swift") ? CodeText.strip(text) : ""
            self.code = code.split(separator: "\n", omittingEmptySubsequences: false).enumerated().map {
                (number: $0.offset + 1, line: $0.element)
            }
        }

        /// The folders and the name.
        var parts: [Substring] { path.split(separator: "/") }
        /// The modules that it imports.
        var imports: [String] {
            text.split(separator: "\n").compactMap { line in
                let words = line.split(separator: " ")
                guard let place = words.firstIndex(of: "import"), place < 3, words.count > place + 1,
                    words[..<place].allSatisfy({ Self.qualifiers.contains($0) })
                else { return nil }
                return String(words[place + 1])
            }
        }

        private static let qualifiers: Set<Substring> = [
            "public", "package", "internal", "fileprivate", "private", "@testable", "@preconcurrency",
        ]
    }

    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Folders of tools, and of what was built or made by running.
    private static let skipped: Set<String> = [
        ".build", ".git", ".venv", ".data", ".swiftpm", "__pycache__", ".pytest_cache", "node_modules",
    ]

    /// Every text file up to a mebibyte, in the order of the paths.
    static let files: [File] = {
        var files: [File] = []
        var folders = [""]
        while let folder = folders.popLast() {
            // A folder that cannot be read fails the tests that count files.
            let names = (try? FileManager.default.contentsOfDirectory(atPath: root.path + "/" + folder)) ?? []
            for name in names where !skipped.contains(name) {
                let path = folder.isEmpty ? name : folder + "/" + name
                let url = root.appendingPathComponent(path)
                var isFolder: ObjCBool = false
                guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else { continue }
                if isFolder.boolValue {
                    folders.append(path)
                } else if let data = FileManager.default.contents(atPath: url.path), data.count <= 1 << 20,
                    let text = String(data: data, encoding: .utf8)
                {
                    files.append(File(path: path, text: text))
                }
            }
        }
        return files.sorted { $0.path < $1.path }
    }()

    /// The Swift files below a folder.
    static func swift(in folder: String) -> [File] {
        files.filter { $0.path.hasPrefix(folder + "/") && $0.path.hasSuffix(".swift") }
    }

    /// The text of a file beside this one.
    static func golden(_ name: String) -> String {
        files.first { $0.path == "Tests/TidyTests/\(name)" }?.text ?? ""
    }
}
