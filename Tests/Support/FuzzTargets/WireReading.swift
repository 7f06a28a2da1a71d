/// A second reading of the bytes of a connection, as strict as RFC 9112 allows: where it sees a request, every reader must
/// see that request; where it does not, our server must refuse too. Known and harmless leniencies of libmicrohttpd are
/// named where they stand.
struct WireReading {
    /// A request that nobody can read otherwise.
    struct Message {
        let method: [UInt8]
        let target: [UInt8]
        let fields: [(name: [UInt8], value: [UInt8])]
        /// Nil when the bytes end before it does, or it is not well framed: its head may be seen, its body may not.
        var body: [UInt8]?

        func values(_ name: String) -> [[UInt8]] {
            fields.filter { $0.name.map(Self.lower) == Array(name.utf8) }.map(\.value)
        }

        static func lower(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }
    }

    private(set) var messages: [Message] = []
    /// The method of the request that is not read, whose refusal has no body when it is `HEAD`; nil when all was read.
    private(set) var refusedMethod: [UInt8]?
    private let bytes: [UInt8]
    private var place = 0

    /// Reads until the bytes end, or something may not be read on.
    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        while let head = head() {
            refusedMethod = nil
            messages.append(head)
            guard let body = body(of: head) else { return }
            messages[messages.count - 1].body = body
        }
    }

    /// The next line of a head without its CRLF; nil when it does not end, or ends otherwise. In all heads but the first,
    /// libmicrohttpd lets NUL and LF end it as well.
    private mutating func line() -> [UInt8]? {
        guard let end = bytes[place...].firstIndex(of: 0x0A), end > place,
            bytes[end - 1] == 0x0D || bytes[end - 1] == 0 && !messages.isEmpty
        else { return nil }
        defer { place = end + 1 }
        return Array(bytes[place..<(end - 1)])
    }

    /// A line that may also end in LF alone, as libmicrohttpd lets lines end between requests and around chunks.
    private mutating func looseLine() -> [UInt8]? {
        guard let end = bytes[place...].firstIndex(of: 0x0A) else { return nil }
        let isLoose = end == place || bytes[end - 1] != 0x0D
        defer { place = end + 1 }
        return Array(bytes[place..<(isLoose ? end : end - 1)])
    }

    /// The word that begins a request. Of the first one the server passes over no more than four empty lines, and nothing
    /// else.
    private func methodAtPlace() -> [UInt8] {
        let passedOver = bytes[..<place]
        let isFirst = messages.isEmpty
        guard
            !isFirst
                || passedOver.count <= 8
                    && passedOver.elementsEqual((0..<passedOver.count).map { $0 % 2 == 0 ? 0x0D : 0x0A })
        else { return [] }
        return Array(bytes[place...].prefix { $0 != 0x20 && $0 != 0x0D && $0 != 0x0A })
    }

    private mutating func head() -> Message? {
        // Empty lines before a request are passed over; libmicrohttpd holds a line that begins with NUL for empty.
        while place < bytes.count, let end = bytes[place...].firstIndex(of: 0x0A) {
            let first = bytes[place]
            guard first == 0 || first == 0x0A || (first == 0x0D && end == place + 1) else { break }
            place = end + 1
        }
        refusedMethod = methodAtPlace()
        guard refusedMethod?.isEmpty == false, let start = line() else { return nil }
        let words = start.split(separator: 0x20, omittingEmptySubsequences: false)
        guard words.count == 3, !words[0].isEmpty, !words[0].contains(0), !words[1].isEmpty,
            words[1].allSatisfy({ (0x21...0x7E).contains($0) }), words[2].count == 8,
            words[2].starts(with: "HTTP/1.".utf8), let digit = words[2].last, (0x30...0x39).contains(digit)
        else { return nil }
        var fields: [(name: [UInt8], value: [UInt8])] = []
        while let line = line() {
            if line.isEmpty {
                let message = Message(method: Array(words[0]), target: Array(words[1]), fields: fields)
                return isFramed(message, isHTTP10: digit == 0x30) ? message : nil
            }
            guard let (name, value) = line.cut(at: UInt8(ascii: ":")), !name.isEmpty, name.allSatisfy(Self.isToken),
                value.allSatisfy({ ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 })
            else { return nil }
            fields.append((name, Self.trimmed(value)))
        }
        return nil
    }

    /// Whether the length of the body can be understood in one way only, and the host is named once.
    private func isFramed(_ message: Message, isHTTP10: Bool) -> Bool {
        let (lengths, codings) = (message.values("content-length"), message.values("transfer-encoding"))
        guard message.values("host").count <= 1, isHTTP10 || message.values("host").count == 1 else { return false }
        if codings.isEmpty { return lengths.isEmpty || lengths.count == 1 && number(lengths[0], radix: 10) != nil }
        return lengths.isEmpty && !isHTTP10 && codings.map { $0.map(Message.lower) } == [Array("chunked".utf8)]
    }

    private mutating func body(of message: Message) -> [UInt8]? {
        if !message.values("transfer-encoding").isEmpty { return chunks() }
        let length = message.values("content-length").first.flatMap { number($0, radix: 10) } ?? 0
        guard length <= bytes.count - place else { return nil }
        defer { place += length }
        return Array(bytes[place..<(place + length)])
    }

    private mutating func chunks() -> [UInt8]? {
        var body: [UInt8] = []
        while let line = looseLine() {
            // What stands behind the `;` is an extension, which nobody needs.
            let digits = Array(line.prefix { $0 != UInt8(ascii: ";") })
            guard let size = number(digits, radix: 16) else { return nil }
            if size == 0 { return trailer() ? body : nil }
            guard size < bytes.count - place else { return nil }
            body += bytes[place..<(place + size)]
            place += size
            guard looseLine() == [] else { return nil }
        }
        return nil
    }

    /// Passes over the fields behind a body; false when they do not end.
    private mutating func trailer() -> Bool {
        var isFirst = true
        while let line = looseLine() {
            if line.isEmpty || line[0] == 0 { return true }
            let isFolded = !isFirst && (line[0] == 0x20 || line[0] == 0x09)
            guard isFolded || line.prefix(while: { $0 != 0 }).contains(UInt8(ascii: ":")) else { return false }
            isFirst = false
        }
        return false
    }

    private func number(_ digits: [UInt8], radix: Int) -> Int? {
        guard !digits.isEmpty, digits.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }) else { return nil }
        return Int(String(decoding: digits, as: UTF8.self), radix: radix)
    }

    private static func trimmed(_ bytes: [UInt8]) -> [UInt8] {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
        return Array(bytes.drop(while: isBlank).reversed().drop(while: isBlank).reversed())
    }

    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
