/// Writes log lines: an event's name and its fields, one JSON object a line.
///
/// Fields are ids and facts, never payloads, secrets or personal data.
public struct Log: Sendable {
    /// How grave a line is.
    public enum Level: Int, Sendable, Comparable, CaseIterable {
        /// For a developer who looks for something.
        case debug
        /// What happened.
        case info
        /// Business that went against somebody: a refused card, an attack (law 12).
        case warning
        /// A fault of ours, or of what we stand on.
        case error

        /// Less grave before graver.
        public static func < (lhs: Level, rhs: Level) -> Bool { lhs.rawValue < rhs.rawValue }

        /// A level by its name in configuration.
        public init?(name: String) {
            guard let level = Self.allCases.first(where: { $0.name == name.lowercased() }) else { return nil }
            self = level
        }

        /// Its name in configuration and in lines.
        public var name: String {
            switch self {
            case .debug: "debug"
            case .info: "info"
            case .warning: "warning"
            case .error: "error"
            }
        }
    }

    /// A field's value.
    public enum Value: Sendable, Equatable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
        ExpressibleByBooleanLiteral, ExpressibleByStringInterpolation
    {
        /// Text.
        case string(String)
        /// A whole number.
        case int(Int64)
        /// True or false.
        case bool(Bool)

        /// Text.
        public init(stringLiteral value: String) { self = .string(value) }
        /// A whole number.
        public init(integerLiteral value: Int64) { self = .int(value) }
        /// True or false.
        public init(booleanLiteral value: Bool) { self = .bool(value) }
    }

    /// One line before it is written.
    public struct Line: Sendable, Equatable {
        /// When.
        public let at: Timestamp
        /// How grave.
        public let level: Level
        /// The event's stable name, `order_paid`.
        public let event: String
        /// The fields, in the order given.
        public let fields: [(String, Value)]

        /// Equal when every part is.
        public static func == (lhs: Line, rhs: Line) -> Bool {
            lhs.at == rhs.at && lhs.level == rhs.level && lhs.event == rhs.event
                && lhs.fields.elementsEqual(rhs.fields, by: { $0.0 == $1.0 && $0.1 == $1.1 })
        }

        /// The value of a field.
        public subscript(_ name: String) -> Value? { fields.last { $0.0 == name }?.1 }

        /// The line as a JSON object. Of fields of one name the last is written; a field named as one of the line's
        /// own gets `field_` before it, so that no name stands twice.
        public var json: String {
            var text = ""
            text.reserveCapacity(384)
            text += "{\"time\":\""
            text += at.rfc3339
            text += "\",\"level\":\""
            text += level.name
            text += "\",\"event\":"
            Self.quote(event, into: &text)
            for (index, (name, value)) in fields.enumerated() {
                if fields[(index + 1)...].contains(where: { $0.0 == name }) { continue }
                text += ","
                let isTaken = name == "time" || name == "level" || name == "event"
                Self.quote(isTaken ? "field_" + name : name, into: &text)
                text += ":"
                switch value {
                case .string(let string): Self.quote(string, into: &text)
                case .int(let int): text += String(int)
                case .bool(let bool): text += bool ? "true" : "false"
                }
            }
            text += "}"
            return text
        }

        private static func quote(_ string: String, into text: inout String) {
            text += "\""
            guard string.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F || $0 == 0x22 || $0 == 0x5C }) else {
                // Nearly always.
                text += string
                text += "\""
                return
            }
            for scalar in string.unicodeScalars {
                switch scalar {
                case "\"": text += "\\\""
                case "\\": text += "\\\\"
                case "\n": text += "\\n"
                case "\r": text += "\\r"
                case "\t": text += "\\t"
                case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                    let hex = String(scalar.value, radix: 16)
                    text += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
                default: text.unicodeScalars.append(scalar)
                }
            }
            text += "\""
        }
    }

    private let clock: any WallClock
    private let minimum: Level
    private let context: [(String, Value)]
    private let write: @Sendable (Line) -> Void

    /// A log that hands each line of at least `minimum` to `write`, which may be called from any thread.
    public init(clock: any WallClock, minimum: Level = .info, write: @escaping @Sendable (Line) -> Void) {
        self.init(clock: clock, minimum: minimum, context: [], write: write)
    }

    private init(
        clock: any WallClock, minimum: Level, context: [(String, Value)], write: @escaping @Sendable (Line) -> Void
    ) {
        self.clock = clock
        self.minimum = minimum
        self.context = context
        self.write = write
    }

    /// A log that drops everything.
    public static let silent = Log(clock: SystemClock(), minimum: .error, write: { _ in })

    /// The same log with these fields on every line.
    public func with(_ fields: KeyValuePairs<String, Value>) -> Log {
        Log(clock: clock, minimum: minimum, context: context + fields.map { ($0.key, $0.value) }, write: write)
    }

    /// For a developer who looks for something.
    public func debug(_ event: String, _ fields: KeyValuePairs<String, Value> = [:]) { log(.debug, event, fields) }
    /// What happened.
    public func info(_ event: String, _ fields: KeyValuePairs<String, Value> = [:]) { log(.info, event, fields) }
    /// Business that went against somebody (law 12).
    public func warning(_ event: String, _ fields: KeyValuePairs<String, Value> = [:]) { log(.warning, event, fields) }
    /// A fault of ours.
    public func error(_ event: String, _ fields: KeyValuePairs<String, Value> = [:]) { log(.error, event, fields) }

    /// Writes a line of the given level.
    public func log(_ level: Level, _ event: String, _ fields: KeyValuePairs<String, Value> = [:]) {
        guard level >= minimum else { return }
        log(level, event, fields.map { ($0.key, $0.value) })
    }

    /// Writes a line of the given level.
    public func log(_ level: Level, _ event: String, _ fields: [(String, Value)]) {
        guard level >= minimum else { return }
        write(Line(at: clock.now(), level: level, event: event, fields: context + fields))
    }
}
