// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "timekeeper",
    dependencies: [.package(name: "kessai", path: "../..")],
    targets: [
        .executableTarget(
            name: "timekeeper",
            dependencies: [
                .product(name: "KessaiClient", package: "kessai"),
                // Any `HTTPTransport` will do; on Apple's systems one over URLSession is a few lines.
                .product(name: "CurlTransport", package: "kessai"),
            ],
            swiftSettings: [.treatAllWarnings(as: .error)])
    ])
