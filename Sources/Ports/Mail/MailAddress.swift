/// Whether a text is an address that may stand in a header and an SMTP command as it is.
enum MailAddress {
    /// `local@domain` of ASCII: the unquoted form of RFC 5321, which is what mailboxes have.
    static func isFit(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count <= 254, let at = bytes.lastIndex(of: UInt8(ascii: "@")) else { return false }
        let local = bytes[..<at]
        let domain = bytes[(at + 1)...]
        guard (1...64).contains(local.count), local.allSatisfy(isLocal), areDotted(local) else { return false }
        return !domain.isEmpty && domain.allSatisfy(isDomain) && areDotted(domain)
    }

    private static func areDotted(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { !$0.isEmpty }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }

    private static func isLocal(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || "!#$%&'*+-/=?^_`{|}~.".utf8.contains(byte)
    }

    private static func isDomain(_ byte: UInt8) -> Bool { isAlphanumeric(byte) || "-.".utf8.contains(byte) }
}

/// Who our mails are from: an address, and perhaps a name beside it.
public struct MailSender: Sendable, Equatable {
    /// The address, for the header and the envelope.
    public let address: String
    /// The name that mail programs show; empty when there is none.
    public let name: String

    /// Reads `MAIL_FROM`: `shop@example.com` or `The shop <shop@example.com>`; nil when it is neither, or the name has
    /// a control character or more than 200 bytes.
    public init?(_ text: String) {
        var name = ""
        var address = Self.trimmed(text)
        if address.hasSuffix(">"), let bracket = address.lastIndex(of: "<") {
            name = Self.trimmed(address[..<bracket])
            if name.count >= 2, name.hasPrefix("\""), name.hasSuffix("\"") {
                name = String(name.dropFirst().dropLast())
            }
            address = String(address[address.index(after: bracket)...].dropLast())
        }
        guard MailAddress.isFit(address), name.utf8.count <= 200, !name.unicodeScalars.contains(where: \.isControl)
        else { return nil }
        self.address = address
        self.name = name
    }

    /// The part behind the `@`.
    public var domain: String { address.split(separator: "@").last.map(String.init) ?? "" }

    private static func trimmed(_ text: some StringProtocol) -> String {
        String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
