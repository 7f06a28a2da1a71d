public import Kernel

extension Timestamp: SQLConvertible {
    /// Epoch milliseconds.
    public var sqlValue: SQLValue { .int(epochMs) }
}
extension ID: SQLConvertible {
    /// The id's text.
    public var sqlValue: SQLValue { .text(rawValue) }
}
extension Currency: SQLConvertible {
    /// The code.
    public var sqlValue: SQLValue { .text(code) }
}
