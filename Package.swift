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

let package = Package(
    name: "kessai",
    targets: [
        // Tier 0
        room("Kernel", in: ""),

        // Interop: the only folder that sees C
        system("CJansson", pkgConfig: "jansson", apt: "libjansson-dev"),
        room("JSON", in: "Interop", ["CJansson", "Kernel"]),
        system("CSodium", pkgConfig: "libsodium", apt: "libsodium-dev"),
        room("Crypto", in: "Interop", ["CSodium", "Kernel"]),

        // Ports
        room("Identity", in: "Ports", ["Kernel"]),
        room("HTTP", in: "Ports", ["Kernel", "JSON", "Identity"]),
        room("Database", in: "Ports", ["Kernel"]),

        // Sandboxes: a vendor each, for tests and offline work; they never see the vendor's client
        room("StripeSandbox", in: "Sandboxes", ["Crypto", "HTTP", "JSON", "Kernel"]),

        // Servers and clients of HTTP
        system("CMicroHTTPD", pkgConfig: "libmicrohttpd", apt: "libmicrohttpd-dev"),
        room("HTTPServer", in: "Interop", ["CMicroHTTPD", "HTTP", "Kernel"]),
        system("CCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),
        room("CurlTransport", in: "Interop", ["CCurl", "HTTP", "Kernel"]),

        // Executables
        .executableTarget(
            name: "kessai", dependencies: ["CurlTransport", "HTTPServer", "Kernel", "StripeSandbox"],
            path: "Sources/Executables/kessai", swiftSettings: strict),

        // Tests
        support("KernelTesting", ["Kernel"]),
        support("StripeSchemas", ["JSON"], exclude: ["Resources"]),
        tests("KernelTests", ["Kernel", "KernelTesting"]),
        tests("JSONTests", ["JSON", "Kernel"]),
        tests("CryptoTests", ["Crypto", "Kernel"]),
        tests("HTTPTests", ["HTTP", "Identity", "JSON", "Kernel", "KernelTesting"]),
        tests("HTTPServerTests", ["HTTPServer", "HTTP", "Identity", "JSON", "Kernel", "KernelTesting"]),
        tests("CurlTransportTests", ["CurlTransport", "HTTPServer", "HTTP", "Kernel", "KernelTesting"]),
        tests("DatabaseTests", ["Database", "Kernel", "KernelTesting"]),
        tests(
            "StripeSandboxTests",
            ["Crypto", "HTTP", "JSON", "Kernel", "KernelTesting", "StripeSandbox", "StripeSchemas"]),
    ]
)
