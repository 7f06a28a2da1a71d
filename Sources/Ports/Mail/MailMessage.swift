public import Kernel

extension Mail {
    /// The mail as it goes over the wire: RFC 5322 in ASCII, UTF-8 inside in base64, lines ended by CRLF. Equal for
    /// equal mails, senders and times. Holds the address: not to be logged.
    public func message(from sender: MailSender, at time: Timestamp) -> [UInt8] {
        let from = sender.name.isEmpty ? sender.address : HeaderText.encoded(sender.name) + " <\(sender.address)>"
        let subject = HeaderText.isPlain(subject, bytesMax: 60) ? subject : HeaderText.encoded(subject)
        let header = [
            "From: \(from)",
            "To: \(to.reveal())",
            "Subject: \(subject)",
            "Date: \(HeaderText.date(time))",
            "Message-ID: \(messageID(domain: sender.domain))",
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: base64",
            "Auto-Submitted: auto-generated",
        ]
        var lines = header
        lines.append("")
        lines += Base64.lines(of: Self.canonical(text))
        return Array((lines.joined(separator: "\r\n") + "\r\n").utf8)
    }

    /// The `Message-ID`, equal for equal keys and different for different ones: the key itself, with what may not stand
    /// there as `=` and two digits.
    public func messageID(domain: String) -> String {
        var local = ""
        for byte in dedupeKey.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"):
                local.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                local += (digits.utf8.count == 1 ? "=0" : "=") + digits
            }
        }
        return "<\(local)@\(domain)>"
    }

    /// The text with its line breaks as mail has them.
    private static func canonical(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        var previous: UInt8 = 0
        for byte in text.utf8 {
            if byte == UInt8(ascii: "\n"), previous != UInt8(ascii: "\r") { bytes.append(UInt8(ascii: "\r")) }
            bytes.append(byte)
            previous = byte
        }
        return bytes
    }
}

/// Text in header fields.
enum HeaderText {
    /// Printable ASCII that fits a line and cannot be taken for an encoded word.
    static func isPlain(_ text: String, bytesMax: Int) -> Bool {
        text.utf8.count <= bytesMax && text.utf8.allSatisfy { (0x20...0x7E).contains($0) } && !text.contains("=?")
            && !text.hasPrefix(" ") && !text.hasSuffix(" ")
    }

    /// Encoded words (RFC 2047), each of whole characters and folded onto a line of its own.
    static func encoded(_ text: String) -> String {
        // 39 bytes are 52 digits; with `=?UTF-8?B?`, `?=` and `Subject: ` a line stays within 76.
        var words: [[UInt8]] = [[]]
        for scalar in text.unicodeScalars {
            let bytes = Array(String(scalar).utf8)
            if words[words.count - 1].count + bytes.count > 39 { words.append([]) }
            words[words.count - 1] += bytes
        }
        return words.map { "=?UTF-8?B?\(Base64.text(of: $0[...]))?=" }.joined(separator: "\r\n ")
    }

    /// `Sat, 21 Nov 2026 04:00:00 +0000`.
    static func date(_ time: Timestamp) -> String {
        let parts = time.rfc3339.split(whereSeparator: { "-T:.".contains($0) })
        let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let secondsOfDay = ((time.epochSeconds % 86_400) + 86_400) % 86_400
        let dayNumber = (time.epochSeconds - secondsOfDay) / 86_400
        let day = days[Int(((dayNumber % 7) + 7) % 7)]
        guard parts.count >= 6, let month = Int(parts[1]), months.indices.contains(month - 1) else { return "" }
        return "\(day), \(parts[2]) \(months[month - 1]) \(parts[0]) \(parts[3]):\(parts[4]):\(parts[5]) +0000"
    }
}

/// Base64 with padding (RFC 4648, section 4), as MIME has it.
enum Base64 {
    static func text(of bytes: ArraySlice<UInt8>) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let left = bytes.endIndex - index
            let word =
                UInt32(bytes[index]) << 16 | (left > 1 ? UInt32(bytes[index + 1]) << 8 : 0)
                | (left > 2 ? UInt32(bytes[index + 2]) : 0)
            for digit in 0..<4 {
                text.append(digit <= left ? alphabet[Int(word >> UInt32(18 - digit * 6) & 63)] : UInt8(ascii: "="))
            }
            index += 3
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Lines of 76 digits.
    static func lines(of bytes: [UInt8]) -> [String] {
        stride(from: 0, to: bytes.count, by: 57).map { text(of: bytes[$0..<min($0 + 57, bytes.count)]) }
    }
}
