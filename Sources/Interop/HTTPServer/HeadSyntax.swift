import HTTP

/// The form of a head as it lies on the wire (RFC 9112, 2 to 5), before anybody has taken it apart. What the words mean
/// is for `RequestReading`.
enum HeadSyntax {
    enum Verdict: Equatable {
        /// More must come.
        case incomplete
        /// The head is there, and is well-formed.
        case whole
        case refused(Problem)

        static func == (lhs: Verdict, rhs: Verdict) -> Bool {
            switch (lhs, rhs) {
            case (.incomplete, .incomplete), (.whole, .whole): true
            case (.refused(let left), .refused(let right)): left.code == right.code && left.status == right.status
            default: false
            }
        }
    }

    /// How many empty lines may stand before a request; some clients send one behind a form.
    private static let emptyLinesMax = 4
    private static let (carriageReturn, lineFeed): (UInt8, UInt8) = (0x0D, 0x0A)

    /// Judges what has come of a head, as early as it can be.
    static func judge(_ bytes: UnsafeRawBufferPointer, options: HTTPServerOptions) -> Verdict {
        if bytes.first == 0x16 { return .refused(.encryptedOnPlainPort) }
        var lines = 0
        var start = 0
        while let end = bytes[start...].firstIndex(of: lineFeed) {
            guard end > start, bytes[end - 1] == carriageReturn else { return .refused(.headNotValid) }
            let line = UnsafeRawBufferPointer(rebasing: bytes[start..<(end - 1)])
            start = end + 1
            if line.isEmpty {
                if lines > 0 { return end < options.headBytesMax ? .whole : .refused(.headTooLarge(options)) }
                guard start <= 2 * emptyLinesMax else { return .refused(.headNotValid) }
                continue
            }
            if let problem = lines == 0 ? faultOfRequestLine(line, options) : faultOfField(line) {
                return .refused(problem)
            }
            lines += 1
            if lines > options.fieldsMax + 1 { return .refused(.tooManyFields(options)) }
        }
        let rest = UnsafeRawBufferPointer(rebasing: bytes[start...])
        if let problem = faultOfBeginning(rest) { return .refused(problem) }
        if lines == 0, rest.count > options.targetBytesMax + 64 { return .refused(.targetTooLong(options)) }
        guard bytes.count > options.headBytesMax else { return .incomplete }
        return .refused(lines == 0 ? .targetTooLong(options) : .headTooLarge(options))
    }

    /// Whether these bytes begin a request of HEAD, whose refusal has no body either (RFC 9110, 9.3.2).
    static func asksForHead(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var rest = bytes[...]
        for _ in 0..<emptyLinesMax where rest.starts(with: [carriageReturn, lineFeed]) { rest = rest.dropFirst(2) }
        let behind = rest.dropFirst(4).first
        return rest.starts(with: "HEAD".utf8) && (behind == 0x20 || behind == carriageReturn || behind == lineFeed)
    }

    /// `METHOD target HTTP/1.1`, with one space between each.
    private static func faultOfRequestLine(_ line: UnsafeRawBufferPointer, _ options: HTTPServerOptions) -> Problem? {
        let parts = line.split(separator: 0x20, omittingEmptySubsequences: false)
        guard parts.count == 3, Token.isToken(parts[0]), !parts[1].isEmpty else { return .headNotValid }
        if parts[1].count > options.targetBytesMax { return .targetTooLong(options) }
        guard parts[1].allSatisfy({ (0x21...0x7E).contains($0) }) else { return .pathNotValid }
        let version = parts[2]
        guard version.count == 8, version.starts(with: "HTTP/".utf8) else { return .headNotValid }
        let digits = version.suffix(3)
        guard digits.elementsEqual("1.1".utf8) || digits.elementsEqual("1.0".utf8) else {
            let isVersion =
                isDigit(digits[digits.startIndex]) && digits[digits.startIndex + 1] == UInt8(ascii: ".")
                && isDigit(digits[digits.startIndex + 2])
            return isVersion ? .versionNotSupported : .headNotValid
        }
        return nil
    }

    /// `Name: value`; a line that begins with a blank would go on the one before.
    private static func faultOfField(_ line: UnsafeRawBufferPointer) -> Problem? {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), Token.isToken(line[..<colon]),
            line[(colon + 1)...].allSatisfy(Token.isValueByte)
        else { return .headNotValid }
        guard colon == 14, line[..<colon].elementsEqual("content-length".utf8, by: { $0 | 0x20 == $1 }) else {
            return nil
        }
        // libmicrohttpd takes blanks behind the digits for a part of them, and its refusal is no answer of HTTP.
        let digits = line[(colon + 1)...].drop { $0 == 0x20 || $0 == 0x09 }
        guard !digits.isEmpty, digits.allSatisfy(isDigit) else { return .framingNotValid }
        return digits.count > 18 ? .bodyBeyondAll : nil
    }

    /// What of a line that is not whole yet can be no part of one.
    private static func faultOfBeginning(_ rest: UnsafeRawBufferPointer) -> Problem? {
        guard let bad = rest.firstIndex(where: { !Token.isValueByte($0) }) else { return nil }
        return bad == rest.count - 1 && rest[bad] == carriageReturn ? nil : .headNotValid
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}

/// What names and values are made of (RFC 9110, 5.5 and 5.6.2).
enum Token {
    /// Whether this is a token, as methods and names of fields are.
    static func isToken(_ bytes: some Collection<UInt8>) -> Bool { !bytes.isEmpty && bytes.allSatisfy(isTokenByte) }

    static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"): true
        default: "!#$%&'*+.^_`|~".utf8.contains(byte)
        }
    }

    /// No control character but the tab.
    static func isValueByte(_ byte: UInt8) -> Bool { (byte >= 0x20 && byte != 0x7F) || byte == 0x09 }

    /// Without the blanks around it.
    static func trimmed<Bytes: BidirectionalCollection>(_ bytes: Bytes) -> Bytes.SubSequence
    where Bytes.Element == UInt8 {
        var rest = bytes[...].drop { $0 == 0x20 || $0 == 0x09 }
        while rest.last == 0x20 || rest.last == 0x09 { rest = rest.dropLast() }
        return rest
    }
}
