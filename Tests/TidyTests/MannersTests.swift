import Testing

/// Manners that no compiler checks.
@Suite struct MannersTests {
    private func expectNone(
        of pattern: String, in files: [SourceTree.File], _ why: String,
        except isExcepted: (SourceTree.File) -> Bool = { _ in false }
    ) throws {
        let pattern = try Regex(pattern)
        #expect(!files.isEmpty)
        for file in files where !isExcepted(file) {
            for (number, line) in file.code where line.contains(pattern) {
                Issue.record("\(file.path):\(number): \(why): \(line)")
            }
        }
    }

    private func isIn(_ folders: String...) -> (SourceTree.File) -> Bool {
        { file in folders.contains { file.path.hasPrefix("Sources/\($0)/") } }
    }

    @Test func `time, chance and tasks come from outside`() throws {
        let patterns = [
            #"\bTask(?:<[^>]*>)?\s*[({]"#, #"\bTask(?:<[^>]*>)?\.(?:detached|sleep|immediate)\b"#,
            #"\b(?:Date|UUID)\(\)"#,
            #"\.random\("#,
            #"\b(?:Continuous|Suspending)Clock\b"#, #"\bSystemRandomNumberGenerator\b"#, #"\.shuffled\(\)"#,
            #"\b(?:clock_gettime|gettimeofday|arc4random|usleep|nanosleep)\b"#,
        ]
        for pattern in patterns {
            try expectNone(
                of: pattern, in: SourceTree.swift(in: "Sources"), "comes from outside, by initializer",
                except: isIn("Interop", "Executables", "Kernel"))
        }
    }

    @Test func `nothing is unwrapped or cast by force, in tests neither`() throws {
        let files = SourceTree.swift(in: "Sources") + SourceTree.swift(in: "Tests")
        try expectNone(of: #"\b(?:try|as)!"#, in: files, "by force")
        try expectNone(of: #"[\w)\]}]!(?!=)"#, in: files, "unwrapped by force")
    }

    @Test func `what the compiler cannot check stands in one folder`() throws {
        let files = SourceTree.swift(in: "Sources") + SourceTree.swift(in: "Tests")
        try expectNone(
            of: #"@unchecked\s+Sendable|nonisolated\(unsafe\)|@preconcurrency|unsafeBitCast"#, in: files, "unchecked",
            except: isIn("Interop"))
    }

    @Test func `an unchecked conformance has its rule in the line above`() {
        for file in SourceTree.swift(in: "Sources/Interop") {
            let lines = file.text.split(separator: "\n", omittingEmptySubsequences: false)
            for (index, line) in lines.enumerated() where line.contains("@unchecked Sendable") {
                let above = index > 0 ? lines[index - 1].drop { $0 == " " } : ""
                #expect(above.hasPrefix("//") || line.contains("//"), "\(file.path):\(index + 1)")
            }
        }
    }

    @Test func `a file has at most 300 lines`() {
        for file in SourceTree.swift(in: "Sources") {
            let count = file.text.split(separator: "\n", omittingEmptySubsequences: false).count - 1
            #expect(count <= 300, "\(file.path) has \(count) lines")
        }
    }

    @Test func `the project speaks of itself alone`() {
        // Put together here, so that this file does not hold them itself.
        let foreign = [
            "/wo" + "rk/", "../sha" + "red", "/tmp/sl" + "ot", "sl" + "ot swift", "/ho" + "me/", "/ro" + "ot/",
            "Co-authored" + "-by",
        ]
        #expect(SourceTree.files.count > 300)
        for file in SourceTree.files {
            for word in foreign where file.text.contains(word) { Issue.record("\(file.path) holds \(word)") }
        }
    }

    @Test func `text files end with one new line and hold no tabs nor blanks at the end of a line`() {
        for file in SourceTree.files where file.path.hasSuffix(".swift") || file.path.hasSuffix(".md") {
            #expect(file.text.hasSuffix("\n") && !file.text.hasSuffix("\n\n"), "\(file.path)")
            #expect(!file.text.contains("\t") && !file.text.contains(" \n"), "\(file.path)")
        }
    }
}
