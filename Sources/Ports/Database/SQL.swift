/// A statement with its bound values. Interpolation binds; text that is not bound must say `unsafe`.
///
/// One text serves both databases: parameters are `$1`, `$2`, … in their order, which both understand.
public struct SQL: Sendable, ExpressibleByStringInterpolation {
    /// What the statement says, without its values: by it a driver finds the statement that it has prepared.
    public private(set) var shape: SQLShape
    /// The values by number.
    public private(set) var values: [SQLValue]

    /// The text with `$n` in the place of each value; put together each time.
    public var text: String { shape.text }

    /// A statement without values.
    public init(stringLiteral value: StaticString) {
        shape = SQLShape()
        shape.append(value)
        values = []
    }

    /// A statement from its interpolation.
    public init(stringInterpolation: Interpolation) {
        shape = stringInterpolation.shape
        values = stringInterpolation.values
    }

    /// A statement from text that is put together by code. Never from input.
    public init(unsafe text: String, values: [SQLValue] = []) {
        shape = SQLShape()
        shape.append(text: text)
        self.values = values
    }

    /// The statement with more text behind it. Never from input.
    func followed(by text: String) -> SQL {
        var whole = self
        whole.shape.append(text: text)
        return whole
    }

    /// Collects the parts of a statement.
    public struct Interpolation: StringInterpolationProtocol {
        var shape = SQLShape()
        var values: [SQLValue] = []

        /// Room for a statement.
        public init(literalCapacity: Int, interpolationCount: Int) {
            shape.reserve(2 * interpolationCount + 1)
            values.reserveCapacity(interpolationCount)
        }

        /// A part of the text.
        public mutating func appendLiteral(_ literal: StaticString) { shape.append(literal) }

        /// A bound value.
        public mutating func appendInterpolation(_ value: some SQLConvertible) {
            values.append(value.sqlValue)
            shape.appendValue()
        }

        /// A bound value or NULL.
        public mutating func appendInterpolation<Value: SQLConvertible>(_ value: Value?) {
            values.append(value?.sqlValue ?? .null)
            shape.appendValue()
        }

        /// Text that is not bound: a list of columns, a lock clause. Never input.
        public mutating func appendInterpolation(unsafe text: String) { shape.append(text: text) }
    }
}

/// A value as both databases keep it.
public enum SQLValue: Sendable, Hashable {
    /// NULL.
    case null
    /// A 64-bit integer: counts, minor units, epoch milliseconds, 0 or 1.
    case int(Int64)
    /// Text.
    case text(String)
    /// Bytes.
    case blob([UInt8])
}

/// A Swift value that can be bound.
public protocol SQLConvertible {
    /// The value as a database keeps it.
    var sqlValue: SQLValue { get }
}

extension SQLValue: SQLConvertible {
    /// Itself.
    public var sqlValue: SQLValue { self }
    /// A value, or NULL.
    public init(_ value: (some SQLConvertible)?) { self = value?.sqlValue ?? .null }
}
extension Int64: SQLConvertible {
    /// An integer.
    public var sqlValue: SQLValue { .int(self) }
}
extension Int: SQLConvertible {
    /// An integer.
    public var sqlValue: SQLValue { .int(Int64(self)) }
}
extension Bool: SQLConvertible {
    /// 1 or 0.
    public var sqlValue: SQLValue { .int(self ? 1 : 0) }
}
extension String: SQLConvertible {
    /// Text.
    public var sqlValue: SQLValue { .text(self) }
}
extension [UInt8]: SQLConvertible {
    /// Bytes.
    public var sqlValue: SQLValue { .blob(self) }
}
