/// What is kept of an event's raw body: all of it but the query of the addresses at which buyers come out of payment
/// pages, which may carry what proves a purchase. Nothing that is kept is verified again.
enum StoredPayload {
    private static let names = ["success_url", "return_url"].map { Array("\"\($0)\"".utf8) }
    private static let (quote, backslash, question) = (UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "?"))

    /// The body with those queries cut out. JSON stays JSON: text is cut inside its quotes, after the `?`.
    static func of(_ body: [UInt8]) -> [UInt8] {
        var kept: [UInt8] = []
        kept.reserveCapacity(body.count)
        var index = 0
        while index < body.count {
            guard body[index] == quote, let name = names.first(where: { body[index...].starts(with: $0) }) else {
                kept.append(body[index])
                index += 1
                continue
            }
            kept += name
            index += name.count
            while index < body.count, " \t\r\n:".utf8.contains(body[index]) {
                kept.append(body[index])
                index += 1
            }
            guard index < body.count, body[index] == quote else { continue }
            kept.append(quote)
            index += 1
            var isCut = false
            while index < body.count, body[index] != quote {
                let length = body[index] == backslash ? min(2, body.count - index) : 1
                if !isCut { kept += body[index..<(index + length)] }
                if body[index] == question { isCut = true }
                index += length
            }
        }
        return kept
    }
}
