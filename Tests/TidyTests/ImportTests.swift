import Testing

/// S3-ARCH-01: which room may use which. That a target imports only what it declares, the strict build checks.
@Suite struct ImportTests {
    /// The room of each module below `Sources`, by the module's name.
    private static let rooms: [String: String] = {
        var rooms = ["Kernel": "Kernel"]
        for file in SourceTree.files where file.parts.first == "Sources" && file.parts.count > 3 {
            rooms[String(file.parts[2])] = String(file.parts[1])
        }
        rooms["Kernel"] = "Kernel"
        return rooms
    }()

    /// What a room may import beside what comes with the toolchain; a name is a room or a single module.
    private static let allowed: [String: Set<String>] = [
        "Kernel": [], "Contract": ["Kernel", "JSON"],
        "Ports": ["Kernel", "Ports", "Contract", "JSON", "Crypto", "Gzip"], "Interop": ["Kernel", "Ports", "Interop"],
        "Vendors": ["Kernel", "HTTP", "JSON", "Crypto"], "Sandboxes": ["Kernel", "HTTP", "JSON", "Crypto"],
        "Features": ["Kernel", "Ports", "Contract", "JSON", "Crypto", "Vendors", "Payments", "Notifications"],
        "Web": ["Kernel", "Ports", "Contract", "JSON", "Crypto", "Features", "PageKit"],
        "SDK": ["Kernel", "HTTP", "JSON", "Contract"],
        "Simulation": ["Kernel", "Ports", "JSON", "Crypto", "Interop", "Features", "App", "Sandboxes", "BookRules"],
        "App": ["Kernel", "Ports", "Contract", "JSON", "Crypto", "TimeZones", "Vendors", "Features", "Web"],
    ]

    @Test(arguments: allowed.keys.sorted())
    func `a room imports only what stands below it (S3-ARCH-01)`(room: String) throws {
        let allowed = try #require(Self.allowed[room])
        let files = SourceTree.swift(in: "Sources/\(room)")
        #expect(!files.isEmpty)
        for file in files {
            for module in file.imports {
                // A module without a room comes with the toolchain.
                guard let target = Self.rooms[module] else { continue }
                if file.parts.count > 2, module == file.parts[2] { continue }
                #expect(allowed.contains(target) || allowed.contains(module), "\(file.path) imports \(module)")
            }
        }
    }

    @Test func `every room is known to this table`() {
        let rooms = Set(Self.rooms.values).subtracting(["Executables"])
        #expect(rooms.subtracting(Self.allowed.keys).sorted() == [])
    }

    @Test func `only Payments and its relatives speak to Stripe`() {
        for file in SourceTree.swift(in: "Sources/Features") where file.imports.contains("StripeClient") {
            #expect(["Payments", "Memberships"].contains(file.parts[2]), "\(file.path)")
        }
    }

    @Test func `C is seen in one folder`() {
        let libraries = Self.rooms.keys.filter { name in
            SourceTree.files.contains { $0.path == "Sources/Interop/\(name)/module.modulemap" }
        }
        #expect(libraries.count >= 6)
        for file in SourceTree.swift(in: "Sources") where !file.path.hasPrefix("Sources/Interop/") {
            for module in file.imports { #expect(!libraries.contains(module), "\(file.path) imports \(module)") }
        }
    }
}

/// The guide's table of imports is that of the package.
@Suite struct ImportTableTests {
    @Test func `the table of CONTRIBUTING names what each room imports`() throws {
        let package = try #require(SourceTree.files.first { $0.path == "Package.swift" }).text
        let guide = try #require(SourceTree.files.first { $0.path == "CONTRIBUTING.md" }).text
        var told: [Substring: Set<Substring>] = [:]
        for line in guide.split(separator: "\n") where line.hasPrefix("| ") && line.contains("→") {
            let cells = line.split(separator: "|", omittingEmptySubsequences: false)
            for part in cells[2].split(separator: "·") {
                let sides = part.split(separator: ";")[0].split(separator: "→")
                guard sides.count == 2 else { continue }
                let imports = Set(sides[1].matches(of: /\w+/).map(\.output)).subtracting(["nothing"])
                for room in sides[0].matches(of: /\w+/) { told[room.output] = imports }
            }
        }
        let rooms = package.matches(of: /\broom\(\s*"(\w+)", in: "\w*"(?:,\s*\[([^\]]*)\])?/)
        #expect(rooms.count > 30)
        for room in rooms {
            let imports = Set((room.2 ?? "").matches(of: /\w+/).map(\.output))
            #expect(told[room.1] == imports, "\(room.1)")
        }
    }
}
