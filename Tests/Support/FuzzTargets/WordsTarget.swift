internal import Crypto
internal import HTML
internal import HTTP
internal import KessaiClient
internal import StripeClient

internal import enum JSON.JSONValue

@testable internal import Accounts
@testable internal import HTTPServer
@testable internal import Idempotency
@testable internal import Kernel
@testable internal import Mail
@testable internal import Shop

extension FuzzTarget {
    /// One text, read as each of the small things that a stranger may send: names, keys, times, addresses, links.
    static let words = FuzzTarget("words", "ids, keys, times, days, currencies, addresses, links, log lines") {
        { input in
            guard let text = String(validating: input, as: UTF8.self) else { return }
            try WordProperties.checkNames(text)
            try WordProperties.checkTimes(text)
            try WordProperties.checkEncodings(text)
            try WordProperties.checkAddresses(text)
            try WordProperties.checkForwarded(text)
            try WordProperties.checkOutlets(text)
        }
    }
}

enum WordProperties {
    private static let plain = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)

    private static func consists(_ text: String, of others: String, upTo countMax: Int) -> Bool {
        (1...countMax).contains(text.utf8.count)
            && text.utf8.allSatisfy { plain.contains($0) || others.utf8.contains($0) }
    }

    /// What names something is exactly what its alphabet and length allow.
    static func checkNames(_ text: String) throws {
        let shown = Array(text.utf8).shown()
        try hold(
            (RequestID.accepted(text) == text) == consists(text, of: "._-", upTo: 64), "the request's id \(shown)")
        try hold(
            (StripeID<StripeCharge>(untrusted: text) != nil) == consists(text, of: "_-", upTo: 255), "Stripe's \(shown)"
        )
        try hold(ShopLimits.isProductID(text) == consists(text, of: "._-", upTo: 64), "the product's id \(shown)")
        let isVisible = (1...255).contains(text.utf8.count) && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        try hold(IdempotencyMiddleware.isFit(text) == isVisible, "the key \(shown)")
        if let id = ID<User>(untrusted: text) {
            try hold(ID<User>(untrusted: id.rawValue) == id, "the id \(shown) is read otherwise again")
            try hold(id.rawValue.utf8.allSatisfy { "0123456789abcdef-".utf8.contains($0) }, "the id \(shown)")
        }
        if let currency = Currency(text) {
            try hold(text.utf8.map { $0 | 0x20 } == Array(currency.code.utf8), "the currency \(shown)")
        }
    }

    /// What is a time or a day is written and read again as the same.
    static func checkTimes(_ text: String) throws {
        if let time = Timestamp(rfc3339: text) {
            try hold(Timestamp(rfc3339: time.rfc3339) == time, "the time \(text) is read as \(time)")
            try hold(text.hasPrefix(time.rfc3339.prefix(19)), "the time \(text) is read as \(time)")
        }
        if let day = CalendarDay(text) { try hold(day.description == text, "the day \(text) is read as \(day)") }
    }

    /// What is decoded is encoded as the very text that it was: no two texts are one thing.
    static func checkEncodings(_ text: String) throws {
        if let bytes = Base64URL.decode(text) {
            try hold(Base64URL.encode(bytes) == text, "two texts in Base64 are the same: \(text)")
        }
        if let bytes = Hex.decode(text) {
            try hold(Hex.encode(bytes).utf8.elementsEqual(text.utf8.map { $0 | 0x20 }), "the digits \(text)")
        }
    }

    /// An address is one address however often it is folded; a link that is taken is exactly as its parts must be.
    static func checkAddresses(_ text: String) throws {
        if let address = try? EmailAddress(Secret(text)) {  // What is wrong with it is told by other tests.
            let (key, written) = (address.key.reveal(), address.written.reveal())
            for form in [key, written] {
                let again = try? EmailAddress(Secret(form))  // nil is the fault that is looked for.
                try hold(again?.key == address.key, "\(Array(form.utf8).shown()) is folded otherwise again")
            }
            try hold(key.split(separator: "@").count == 2 && PageProperties.isOneLine(written), "an address \(key)")
            if let password = try? NewPassword(Secret(text + "0123456789"), for: address) {  // Too long, say.
                let length = password.secret.reveal().unicodeScalars.count
                try hold((10...200).contains(length), "a password of \(length)")
            }
        }
        if case .paid(let paid) = PurchaseReturn(text, returnURLs: ["timekeeper://purchase", "https://a.example/b"]) {
            try hold(consists(paid.token.reveal(), of: "_-", upTo: 200), "a token of \(text)")
            try hold(consists(paid.sessionID, of: "_", upTo: 255), "a session of \(text)")
        }
    }

    /// Whom a proxy that is trusted names is nobody who does not stand in its words, and nobody else is named by anybody.
    static func checkForwarded(_ text: String) throws {
        let (proxy, stranger) = (IPAddress(ipv4: 0x0A00_0001), IPAddress(ipv4: 0xC000_0201))
        for (field, name) in [
            (TrustedProxies.Field.forwarded, "Forwarded"), (.xForwardedFor, "X-Forwarded-For"),
        ] {
            guard let network = IPNetwork("10.0.0.1/32") else { continue }
            let proxies = TrustedProxies([network], field: field)
            let headers: HTTPHeaders = ["Forwarded": text, "X-Forwarded-For": text, "X-Forwarded-Proto": text]
            let told = proxies.origin(of: proxy, isEncrypted: false, headers: headers)
            let isNamed = told.address == proxy || !told.address.isIPv4 || text.contains(":")
            try hold(
                isNamed || text.contains(told.address.description),
                "\(name) \(Array(text.utf8).shown()) names \(told.address)")
            try hold(
                !told.isEncrypted || text.lowercased().contains("https"),
                "\(name) \(Array(text.utf8).shown()) is encrypted")
            let own = proxies.origin(of: stranger, isEncrypted: true, headers: headers)
            try hold(own == RequestOrigin(address: stranger, isEncrypted: true), "\(name) of a stranger is believed")
        }
    }

    /// Where a stranger's text comes out again it stays text: in pages, in lines of the log, in mails.
    static func checkOutlets(_ text: String) throws {
        let markup = HTML.text(text).markup
        // By bytes, as browsers do it: for Swift a mark behind a sign makes one character with it.
        try hold(!markup.utf8.contains { "<>\"'".utf8.contains($0) }, "markup in a page: \(markup)")
        try hold(unescaped(Array(markup.utf8)) == Array(text.utf8), "a page shows \(markup)")

        // Names of fields are our own; the reader takes none with NUL.
        let name = text.utf8.contains(0) ? "text" : text
        let line = Log.Line(at: Timestamp(epochMs: 0), level: .info, event: text, fields: [(name, .string(text))]).json
        try hold(PageProperties.isOneLine(line), "a line of the log has several lines")
        let fields = try JSONValue(parsing: line)
        let field = fields[["time", "level", "event"].contains(name) ? "field_" + name : name]
        for told in [fields["event"], field] {
            try hold(told?.string.map { Array($0.utf8) } == Array(text.utf8), "the log tells \(line)")
        }

        let sender = MailSender("Kessai <kessai@shop.example>")
        let to = MailAddress.isFit(text) ? text : "hana@shop.example"
        guard let sender,
            let mail = try? Mail(to: Redacted(to), subject: text, text: text, dedupeKey: text)  // It may be unfit.
        else { return }
        let message = mail.message(from: sender, at: Timestamp(epochMs: 0))
        let head = String(decoding: message, as: UTF8.self).replacing("\r\n ", with: "")
        let lines = head.split(separator: "\r\n", omittingEmptySubsequences: false)
        try hold(message.allSatisfy { $0 < 0x7F }, "a mail is not ASCII")
        try hold(lines.firstIndex(of: "") == 9, "a mail has other fields: \(head)")
    }

    /// What a browser reads in markup that is text alone.
    private static func unescaped(_ markup: [UInt8]) -> [UInt8] {
        let references: [(name: String, sign: String)] = [
            ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&"),
        ]
        var text: [UInt8] = []
        var rest = markup[...]
        while let byte = rest.first {
            let reference = references.first { rest.starts(with: $0.name.utf8) }
            text += reference.map { Array($0.sign.utf8) } ?? [byte]
            rest = rest.dropFirst(reference?.name.utf8.count ?? 1)
        }
        return text
    }
}
