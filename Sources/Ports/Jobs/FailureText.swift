private import Database

/// The words kept of an error: its kind, never its payload.
enum FailureText {
    static func of(_ error: any Error) -> String {
        let text =
            switch error {
            case let error as any JobFailureExplaining: error.jobFailure
            case let error as JobDiscard: error.reason
            // Promises that no case carries data of a row.
            case let error as DatabaseError: "DatabaseError.\(error)"
            case is CancellationError: "cancelled"
            default: kind(of: error)
            }
        return bounded(text)
    }

    private static func kind(of error: any Error) -> String {
        let type = String(describing: type(of: error))
        let mirror = Mirror(reflecting: error)
        guard mirror.displayStyle == .enum else { return type }
        if let label = mirror.children.first?.label { return "\(type).\(label)" }
        return mirror.children.isEmpty ? "\(type).\(error)" : type
    }

    /// At most `JobLimits.errorBytesMax` bytes, without control characters.
    static func bounded(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            let next = scalar.value < 0x20 || scalar.value == 0x7F ? " " : scalar
            guard result.utf8.count + UTF8.width(next) <= JobLimits.errorBytesMax else { break }
            result.unicodeScalars.append(next)
        }
        return result.isEmpty ? "no words" : result
    }
}
