/// A reader of what a stranger sends, and what must hold of it whatever it is sent.
public struct FuzzTarget: Sendable, CustomStringConvertible {
    /// The name that commands and folders use: `json`.
    public let name: String
    /// What it reads, in a line.
    public let summary: String
    private let make: @Sendable () throws -> Check

    /// Reads one input, which may be anything. Throws ``BrokenProperty`` when something does not hold of it, and nothing
    /// else; crashes and hangs are for the caller to notice. Called from one thread at a time, which may block.
    public typealias Check = @Sendable (_ input: [UInt8]) throws -> Void

    /// A target whose `make` prepares what its check needs: a server, a database.
    public init(_ name: String, _ summary: String, make: @escaping @Sendable () throws -> Check) {
        self.name = name
        self.summary = summary
        self.make = make
    }

    /// Prepares the check.
    public func prepare() throws -> Check { try make() }

    /// The name.
    public var description: String { name }

    /// Every target.
    public static let all: [FuzzTarget] = [
        .json, .models, .coding, .pages, .words, .signature, .event, .token, .csv, .http, .app,
    ]
}

/// Something that must always hold does not.
public struct BrokenProperty: Error, CustomStringConvertible {
    /// What does not hold.
    public let description: String
}

/// Throws ``BrokenProperty`` unless it holds.
func hold(_ holds: Bool, _ what: @autoclosure () -> String) throws(BrokenProperty) {
    if !holds { throw BrokenProperty(description: what()) }
}

extension [UInt8] {
    /// The bytes as somebody at a terminal wants to see them: at most `bytesMax`, what is not ASCII escaped.
    func shown(bytesMax: Int = 400) -> String {
        let text = prefix(bytesMax).map { byte in
            (0x20...0x7E).contains(byte) ? String(UnicodeScalar(byte)) : "\\x" + String(byte, radix: 16)
        }
        return "«" + text.joined() + (count > bytesMax ? "…" : "") + "»"
    }

    /// The bytes before and behind the first `separator`; nil when there is none.
    func cut(at separator: UInt8) -> (head: [UInt8], rest: [UInt8])? {
        guard let index = firstIndex(of: separator) else { return nil }
        return (Array(self[..<index]), Array(self[(index + 1)...]))
    }
}
