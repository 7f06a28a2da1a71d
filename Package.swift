// swift-tools-version: 6.2
import PackageDescription

/// One strictness for every target; see docs/adr/0001-language-settings.md.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

/// A room: a library target under `Sources/<folder>/<name>`.
func room(_ name: String, in folder: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(
        name: name, dependencies: dependencies,
        path: folder.isEmpty ? "Sources/\(name)" : "Sources/\(folder)/\(name)",
        swiftSettings: strict)
}

/// A room that only tests may use.
func support(_ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Tests/Support/\(name)", exclude: exclude,
        swiftSettings: strict)
}

/// The tests of the target that the name begins with.
func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, path: "Tests/\(name)", resources: resources, swiftSettings: strict)
}

/// A C library of the system; its headers are seen only inside `Sources/Interop`.
func system(_ name: String, pkgConfig: String, apt: String) -> Target {
    .systemLibrary(name: name, path: "Sources/Interop/\(name)", pkgConfig: pkgConfig, providers: [.apt([apt])])
}

/// The fuzzer, whose main is libFuzzer's: built by `scripts/fuzz` alone, which links that.
let fuzzing: [Target] =
    Context.environment["KESSAI_FUZZING"] == nil
    ? []
    : [
        .executableTarget(
            name: "kessai-fuzz", dependencies: ["FuzzTargets"], path: "Tests/Fuzzing",
            exclude: ["Corpora", "corpus.py"],
            swiftSettings: strict + [.unsafeFlags(["-parse-as-library"])])
    ]

let package = Package(
    name: "kessai",
    products: [
        // For apps: see docs/swift-client.md.
        .library(name: "KessaiClient", targets: ["KessaiClient", "HTTP", "Kernel", "KessaiAPI"]),
        .library(name: "CurlTransport", targets: ["CurlTransport"]),
    ],
    targets: [
        // Tier 0
        room("Kernel", in: ""),

        // Interop: the only folder that sees C
        system("CYajl", pkgConfig: "yajl", apt: "libyajl-dev"),
        room("JSON", in: "Interop", ["CYajl", "Kernel"]),
        system("CSodium", pkgConfig: "libsodium", apt: "libsodium-dev"),
        // The C library's own, as the allocator below: there with the compiler.
        .systemLibrary(name: "CPthread", path: "Sources/Interop/CPthread"),
        room("Threads", in: "Interop", ["CPthread"]),
        room("Crypto", in: "Interop", ["CSodium", "Kernel", "Threads"]),
        system("CMicroHTTPD", pkgConfig: "libmicrohttpd", apt: "libmicrohttpd-dev"),
        system("CGnuTLS", pkgConfig: "gnutls", apt: "libgnutls28-dev"),
        room("HTTPServer", in: "Interop", ["CGnuTLS", "CMicroHTTPD", "HTTP", "Kernel", "Threads"]),
        system("CCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),
        room("CurlTransport", in: "Interop", ["CCurl", "HTTP", "Kernel", "Threads"]),
        room("DriverSupport", in: "Interop", ["CMalloc", "Database", "Kernel"]),
        system("CSQLite", pkgConfig: "sqlite3", apt: "libsqlite3-dev"),
        room("SQLiteDriver", in: "Interop", ["CSQLite", "Database", "DriverSupport", "Kernel", "Threads"]),
        system("CPostgres", pkgConfig: "libpq", apt: "libpq-dev"),
        room("PostgresDriver", in: "Interop", ["CPostgres", "Database", "DriverSupport", "Kernel", "Threads"]),
        system("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev"),
        room("Gzip", in: "Interop", ["CZlib"]),
        room("MailFolder", in: "Interop", ["Crypto", "Kernel", "Mail"]),
        room("TimeZones", in: "Interop", ["Kernel"]),
        // The C library's own allocator: there with the compiler.
        .systemLibrary(name: "CMalloc", path: "Sources/Interop/CMalloc"),
        room("SeededTasks", in: "Interop", ["DriverSupport", "Threads"]),
        room("ChildProcess", in: "Interop", ["Kernel"]),

        // Ports
        room("Identity", in: "Ports", ["Database", "Kernel"]),
        room("HTTP", in: "Ports", ["Kernel", "JSON", "Identity"]),
        room("Database", in: "Ports", ["Kernel"]),
        room("Audit", in: "Ports", ["Database", "JSON", "Kernel"]),
        room("Jobs", in: "Ports", ["Database", "JSON", "Kernel"]),
        room("Brakes", in: "Ports", ["Crypto", "Database", "Kernel"]),
        room("Mail", in: "Ports", ["Kernel"]),
        room("Metrics", in: "Ports"),
        room("Edge", in: "Ports", ["Brakes", "Gzip", "HTTP", "Identity", "Kernel", "Metrics"]),
        room("Idempotency", in: "Ports", ["Crypto", "Database", "HTTP", "Identity", "JSON", "Kernel"]),

        room("Moving", in: "Ports", ["Crypto", "Database", "JSON", "Kernel"]),

        // Contract: what goes over the wire
        room("KessaiAPI", in: "Contract", ["JSON", "Kernel"]),
        room("HTTPModels", in: "Ports", ["HTTP", "KessaiAPI"]),

        // Vendors
        room("StripeClient", in: "Vendors", ["Crypto", "HTTP", "JSON", "Kernel"]),

        // Features
        room("Notifications", in: "Features", ["Database", "Jobs", "Kernel", "Mail"]),
        room(
            "Accounts", in: "Features",
            [
                "Audit", "Brakes", "Crypto", "Database", "HTTP", "HTTPModels", "Identity", "JSON", "Kernel",
                "KessaiAPI",
                "Notifications",
            ]),
        room(
            "Payments", in: "Features",
            [
                "Audit", "Database", "HTTP", "HTTPModels", "Identity", "JSON", "Jobs", "Kernel", "KessaiAPI",
                "Notifications", "StripeClient",
            ]),
        room(
            "Shop", in: "Features",
            [
                "Audit", "Database", "HTTP", "HTTPModels", "Identity", "JSON", "Jobs", "Kernel", "KessaiAPI",
                "Notifications", "Payments",
            ]),

        room(
            "Passes", in: "Features",
            ["Brakes", "Crypto", "Database", "HTTP", "HTTPModels", "JSON", "Jobs", "Kernel", "KessaiAPI", "Payments"]),

        // SDK: for apps that use a server
        room("KessaiClient", in: "SDK", ["HTTP", "JSON", "Kernel", "KessaiAPI"]),

        // Web
        room("HTML", in: "Ports"),
        room("WebPages", in: "Web", ["Crypto", "HTML", "HTTP", "Identity", "JSON"]),
        room("PageKit", in: "Web", ["Crypto", "HTML", "HTTP", "JSON", "Kernel", "KessaiAPI"]),
        room(
            "AdminPages", in: "Web", ["Crypto", "HTML", "HTTP", "Identity", "JSON", "Kernel", "KessaiAPI", "PageKit"]),
        room("DevicePages", in: "Web", ["HTML", "HTTP", "JSON", "Kernel", "KessaiAPI", "PageKit"]),

        // App
        room(
            "KessaiApp", in: "App",
            [
                "Accounts", "AdminPages", "Audit", "Brakes", "Crypto", "Database", "Edge", "HTTP", "HTTPModels",
                "Idempotency", "Identity",
                "JSON", "Jobs", "Kernel", "KessaiAPI", "Mail", "Metrics", "Moving", "Notifications", "Passes",
                "Payments",
                "Shop", "StripeClient", "TimeZones", "WebPages",
            ]),

        // Sandboxes: a vendor each, for tests and offline work; they never see the vendor's client
        room("StripeSandbox", in: "Sandboxes", ["Crypto", "HTTP", "JSON", "Kernel"]),

        // Simulation: what the rows must be after a history or a drill
        room("BookRules", in: "Simulation", ["Database"]),
        // Simulation: the whole application with its sandboxes on a seeded schedule
        room(
            "Simulator", in: "Simulation",
            [
                "Accounts", "Audit", "BookRules", "Crypto", "Database", "HTTP", "Identity", "JSON", "Jobs", "Kernel",
                "KessaiApp", "Mail", "Payments", "SQLiteDriver", "SeededTasks", "Shop", "StripeSandbox",
            ]),
        // Simulation: real processes, killed
        room(
            "Drills", in: "Simulation",
            [
                "BookRules", "ChildProcess", "Crypto", "Database", "HTTP", "JSON", "Kernel", "PostgresDriver",
                "SQLiteDriver",
            ]),

        // Executables
        room("CommandWords", in: "Executables"),
        .executableTarget(
            name: "kessai",
            dependencies: [
                "Accounts", "Audit", "CommandWords", "Crypto", "CurlTransport", "Database", "DevicePages",
                "DriverSupport",
                "HTTP", "HTTPServer", "Identity",
                "JSON", "Jobs", "KessaiApp", "Kernel", "Mail", "MailFolder", "Moving", "Payments", "PostgresDriver",
                "SQLiteDriver",
                "Shop", "Simulator", "StripeSandbox",
            ], path: "Sources/Executables/kessai", swiftSettings: strict),

        .executableTarget(
            name: "kessai-drill",
            dependencies: ["CommandWords", "CurlTransport", "Database", "Drills", "HTTP", "JSON", "Kernel"],
            path: "Sources/Executables/kessai-drill", swiftSettings: strict),

        // Tests
        support("KernelTesting", ["Kernel"]),
        support("DatabaseTesting", ["Database", "Kernel", "KernelTesting", "PostgresDriver", "SQLiteDriver"]),
        support(
            "AppTesting",
            [
                "Accounts", "Audit", "Crypto", "Database", "DatabaseTesting", "HTTP", "Identity", "JSON", "Jobs",
                "KessaiApp",
                "Kernel", "KernelTesting", "Mail", "Payments", "Shop", "StripeSandbox",
            ]),
        tests(
            "AppTests",
            [
                "AppTesting", "Crypto", "Database", "DatabaseTesting", "DevicePages", "DriverSupport", "GzipTesting",
                "HTTP", "JSON", "Jobs",
                "KessaiApp", "Kernel",
                "KernelTesting", "Mail", "Moving", "Passes", "Payments", "SQLiteDriver", "StripeSandbox",
            ]),
        tests(
            "DrillsTests",
            [
                "AppTesting", "ChildProcess", "CommandWords", "Crypto", "Database", "DatabaseTesting", "Drills", "HTTP",
                "JSON", "Kernel", "KernelTesting", "KessaiApp", "Mail", "kessai-drill",
            ]),
        support(
            "FuzzTargets",
            [
                "Accounts", "AdminPages", "Audit", "Crypto", "Database", "DevicePages", "HTML", "HTTP", "HTTPServer",
                "Idempotency", "Identity", "JSON", "Kernel", "KernelTesting", "KessaiAPI", "KessaiApp", "KessaiClient",
                "Mail", "PageKit", "Payments", "SQLiteDriver", "Shop", "StripeClient", "StripeSandbox",
            ]),
        tests("FuzzTests", ["FuzzTargets", "KernelTesting"]),
        tests(
            "ShopTests",
            ["Shop", "Audit", "Database", "DatabaseTesting", "HTTP", "JSON", "Kernel", "KernelTesting"]),
        tests("PassesTests", ["Passes", "HTTP", "Kernel"]),
        tests("SimulatorTests", ["Database", "Kernel", "SeededTasks", "Simulator"]),
        tests(
            "PaymentsTests",
            [
                "Payments", "Crypto", "Database", "DatabaseTesting", "HTTP", "JSON", "Jobs", "Kernel", "KernelTesting",
                "StripeClient", "StripeSandbox",
            ]),
        .testTarget(
            name: "TidyTests", dependencies: ["Database", "KessaiApp"], path: "Tests/TidyTests",
            exclude: ["acceptance.txt", "migrations.golden"], swiftSettings: strict),
        support("StripeSchemas", ["JSON"], exclude: ["Resources"]),
        tests("CommandWordsTests", ["CommandWords"]),
        tests("HTMLTests", ["HTML", "HTTP", "JSON", "Kernel", "WebPages"]),
        tests("KernelTests", ["Kernel", "KernelTesting"]),
        tests("JSONTests", ["JSON", "Kernel"]),
        tests("TimeZonesTests", ["Kernel", "TimeZones"]),
        tests("CryptoTests", ["Crypto", "Kernel"]),
        tests("HTTPTests", ["HTTP", "Identity", "JSON", "Kernel", "KernelTesting"]),
        tests("AuditTests", ["Audit", "Database", "DatabaseTesting", "JSON", "Kernel", "KernelTesting"]),
        tests(
            "AccountsTests",
            [
                "Accounts", "Audit", "Brakes", "Crypto", "Database", "DatabaseTesting", "HTTP", "Identity", "JSON",
                "Kernel",
                "KernelTesting", "KessaiAPI",
            ]),
        tests(
            "MovingTests",
            ["Moving", "Database", "DatabaseTesting", "DriverSupport", "Kernel", "KernelTesting", "SQLiteDriver"]),
        tests("KessaiAPITests", ["JSON", "Kernel", "KessaiAPI"]),
        tests(
            "KessaiClientTests",
            [
                "AppTesting", "DatabaseTesting", "HTTP", "JSON", "Kernel", "KernelTesting", "KessaiAPI",
                "KessaiClient", "StripeSandbox",
            ]),
        support("GzipTesting", ["CZlib"]),
        tests("GzipTests", ["Gzip", "GzipTesting"]),
        tests("MetricsTests", ["Metrics"]),
        tests(
            "EdgeTests",
            ["Edge", "Brakes", "GzipTesting", "HTTP", "Identity", "JSON", "Kernel", "KernelTesting", "Metrics"]),
        tests("BrakesTests", ["Brakes", "Kernel", "KernelTesting"]),
        tests(
            "HTTPServerTests",
            ["ChildProcess", "HTTPServer", "HTTP", "Identity", "JSON", "Kernel", "KernelTesting"]),
        tests(
            "StripeClientTests", ["StripeClient", "HTTP", "JSON", "Kernel", "KernelTesting", "StripeSchemas"],
            resources: [.copy("Samples")]),
        tests("DatabaseTests", ["Database", "DatabaseTesting", "Kernel", "KernelTesting", "SQLiteDriver"]),
        tests(
            "SQLiteDriverTests",
            ["SQLiteDriver", "Database", "DatabaseTesting", "DriverSupport", "Kernel", "KernelTesting", "Threads"]),
        tests(
            "PostgresDriverTests",
            ["PostgresDriver", "Database", "DriverSupport", "Jobs", "Kernel", "KernelTesting", "Threads"]),
        tests("CurlTransportTests", ["CurlTransport", "HTTPServer", "HTTP", "Kernel", "KernelTesting"]),
        tests("JobsTests", ["Database", "DatabaseTesting", "Jobs", "Kernel", "KernelTesting"]),
        tests(
            "NotificationsTests",
            ["Database", "DatabaseTesting", "Jobs", "Kernel", "KernelTesting", "Mail", "MailFolder", "Notifications"]),
        tests(
            "IdempotencyTests",
            ["Database", "DatabaseTesting", "HTTP", "Idempotency", "Identity", "JSON", "Kernel", "KernelTesting"]),
        tests(
            "StripeSandboxTests",
            ["Crypto", "HTTP", "JSON", "Kernel", "KernelTesting", "StripeSandbox", "StripeSchemas"]),
        tests(
            "StripeContractTests",
            ["HTTP", "JSON", "Kernel", "KernelTesting", "StripeClient", "StripeSandbox", "StripeSchemas"]),
    ] + fuzzing
)
