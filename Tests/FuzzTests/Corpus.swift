import Foundation

/// The inputs of a target that are kept: written by hand, found by the fuzzer, and those that once broke a property.
enum Corpus {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Fuzzing/Corpora")

    /// The inputs of a file, one a line; none when there is no such file.
    static func inputs(of target: String, in file: String) -> [[UInt8]] {
        let url = root.appendingPathComponent(target).appendingPathComponent(file)
        guard let data = try? Data(contentsOf: url) else { return [] }  // Nothing was found, or broken, yet.
        return data.split(separator: UInt8(ascii: "\n")).filter { $0.first != UInt8(ascii: "#") }.map { unescape($0) }
    }

    /// Every input of a target, and the empty one.
    static func all(of target: String) -> [[UInt8]] {
        [[]] + ["seeds.txt", "found.txt", "broken.txt"].flatMap { inputs(of: target, in: $0) }
    }

    /// The targets that have a folder.
    static var targets: Set<String> {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []  // Then the test tells.
        return Set(names)
    }

    /// The bytes of a line: `\n`, `\r`, `\t`, `\\`, `\x` and two digits, and everything else as it stands.
    static func unescape(_ line: some Sequence<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = Array(line)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\"), let escaped = rest.popFirst() else {
                bytes.append(byte)
                continue
            }
            switch escaped {
            case UInt8(ascii: "n"): bytes.append(0x0A)
            case UInt8(ascii: "r"): bytes.append(0x0D)
            case UInt8(ascii: "t"): bytes.append(0x09)
            case UInt8(ascii: "x"):
                bytes.append(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) ?? 0)
                rest = rest.dropFirst(2)
            default: bytes.append(escaped)
            }
        }
        return bytes
    }
}
