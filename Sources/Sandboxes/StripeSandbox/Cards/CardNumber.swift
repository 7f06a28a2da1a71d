import Kernel

/// Checks what a payer typed.
enum CardNumber {
    /// Whether the last digit fits the others (ISO/IEC 7812-1, annex B).
    static func passesLuhn(_ number: String) -> Bool {
        guard (12...19).contains(number.utf8.count) else { return false }
        var sum = 0
        for (position, byte) in number.utf8.reversed().enumerated() {
            guard (0x30...0x39).contains(byte) else { return false }
            let digit = Int(byte - 0x30)
            let doubled = digit * 2
            sum += position % 2 == 0 ? digit : (doubled > 9 ? doubled - 9 : doubled)
        }
        return sum % 10 == 0
    }

    /// The year and month of a moment, in UTC.
    static func yearAndMonth(_ now: Timestamp) -> (year: Int64, month: Int64) {
        let parts = now.rfc3339.split(separator: "-").prefix(2).compactMap { Int64($0) }
        return parts.count == 2 ? (parts[0], parts[1]) : (0, 0)
    }
}
