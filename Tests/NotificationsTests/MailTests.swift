import Kernel
import KernelTesting
import Testing

@testable import Mail

@Suite struct MailTests {
    private static let noon = Timestamp(epochMs: 1_795_233_600_000)

    private func mail(
        to: String = "hanako@example.com", subject: String = "Hello", text: String = "Hi", key: String = "k"
    ) throws -> Mail {
        try Mail(to: Redacted(to), subject: subject, text: text, dedupeKey: key)
    }

    private func sender(_ text: String = "shop@example.jp") throws -> MailSender { try #require(MailSender(text)) }

    @Test(arguments: [
        "a@b", "hanako@example.com", "a.b+c_d-e@mail.example.co.jp", "o'hara!#$%&*/=?^`{|}~@x.org",
    ])
    func `an address of a mailbox is taken`(_ address: String) throws {
        #expect(try mail(to: address).to.reveal() == address)
    }

    @Test(arguments: [
        "", "@", "a@", "@b", "ab", "a b@c.de", "a@b c", "a@b\r\nBcc: x@y.z", "a\n@b", "a@b>", "<a@b", "a@b,c@d",
        "a@b@c",
        "a..b@c", ".a@b", "a.@b", "a@.b", "a@b.", "花子@example.com", "a@例え.jp", "\"a b\"@c", "a\0@b", "a@b_c",
        String(repeating: "x", count: 65) + "@b", "a@" + String(repeating: "x", count: 253),
    ])
    func `an address that could be anything else is refused`(_ address: String) {
        #expect(throws: MailError.addressNotValid) { try mail(to: address) }
    }

    @Test(arguments: [
        "", "two\nlines", "two\r\nBcc: x@y.z", "tab\there", "nul\0", "line\u{2028}separator", "next\u{85}line",
        "del\u{7F}",
        String(repeating: "x", count: 601),
    ])
    func `a subject that is not one line is refused`(_ subject: String) {
        #expect(throws: MailError.subjectNotValid) { try mail(subject: subject) }
    }

    @Test func `text and key are bounded`() {
        #expect(throws: MailError.textTooLong) {
            try mail(text: String(repeating: "x", count: Mail.textBytesMax + 1))
        }
        #expect(throws: MailError.dedupeKeyNotValid) { try mail(key: "") }
        #expect(throws: MailError.dedupeKeyNotValid) { try mail(key: String(repeating: "x", count: 256)) }
    }

    @Test func `a plain mail in English`() throws {
        let message = try mail().message(from: sender("The shop <shop@example.jp>"), at: Self.noon)
        #expect(
            String(decoding: message, as: UTF8.self).split(separator: "\r\n", omittingEmptySubsequences: false) == [
                "From: =?UTF-8?B?VGhlIHNob3A=?= <shop@example.jp>", "To: hanako@example.com", "Subject: Hello",
                "Date: Sat, 21 Nov 2026 04:00:00 +0000", "Message-ID: <k@example.jp>", "MIME-Version: 1.0",
                "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64",
                "Auto-Submitted: auto-generated", "", "SGk=", "",
            ])
    }

    @Test func `a Japanese subject is encoded in words of whole characters, in lines that fit`() throws {
        let subject = "【Kessai】ご予約の前日のお知らせ：明日のレッスン（水泳・はじめてのクロール）は十時に始まります"
        let message = try mail(subject: subject).message(from: sender(), at: Self.noon)
        let text = String(decoding: message, as: UTF8.self)
        #expect(message.allSatisfy { $0 < 0x80 })
        for line in text.split(separator: "\r\n") { #expect(line.utf8.count <= 76) }
        let header = try #require(text.split(separator: "\r\nDate:").first?.split(separator: "Subject: ").last)
        let words = header.split(separator: "\r\n ")
        #expect(words.count > 1)
        var decoded = ""
        for word in words {
            #expect(word.hasPrefix("=?UTF-8?B?") && word.hasSuffix("?="))
            let bytes = try #require(decode(word.dropFirst(10).dropLast(2)))
            decoded += try #require(String(validating: bytes, as: UTF8.self))
        }
        #expect(decoded == subject)
    }

    @Test func `a subject that looks encoded is encoded`() throws {
        let message = try mail(subject: "=?UTF-8?B?Zm9v?=").message(from: sender(), at: Self.noon)
        #expect(!String(decoding: message, as: UTF8.self).contains("Subject: =?UTF-8?B?Zm9v?="))
    }

    @Test func `the text comes back as it was, with the line breaks of mail`() throws {
        let text = "一行目\n二行目\r\n三行目 " + String(repeating: "長い", count: 300) + "\n"
        let message = try mail(text: text).message(from: sender(), at: Self.noon)
        let parts = String(decoding: message, as: UTF8.self).split(separator: "\r\n\r\n", maxSplits: 1)
        let lines = try #require(parts.last).split(separator: "\r\n")
        #expect(lines.allSatisfy { $0.utf8.count <= 76 })
        let decoded = String(decoding: try #require(decode(lines.joined())), as: UTF8.self)
        #expect(decoded == "一行目\r\n二行目\r\n三行目 " + String(repeating: "長い", count: 300) + "\r\n")
    }

    @Test func `a Message-ID is the key's alone, and no key can leave its place`() throws {
        func id(_ key: String) throws -> String { try mail(key: key).messageID(domain: "example.jp") }
        #expect(try id("order-paid/0192") == "<order-paid=2F0192@example.jp>")
        #expect(try id("a\r\nBcc: x@y.z>") == "<a=0D=0ABcc=3A=20x=40y=2Ez=3E@example.jp>")
        #expect(try id("a=2F") != id("a/"))
        #expect(try id("決") == "<=E6=B1=BA@example.jp>")
    }

    @Test(arguments: [
        (Int64(0), "Thu, 01 Jan 1970 00:00:00 +0000"), (951_827_696_000, "Tue, 29 Feb 2000 12:34:56 +0000"),
        (-1000, "Wed, 31 Dec 1969 23:59:59 +0000"), (4_102_444_799_999, "Thu, 31 Dec 2099 23:59:59 +0000"),
    ])
    func `dates are those of RFC 5322`(_ epochMs: Int64, _ text: String) {
        #expect(HeaderText.date(Timestamp(epochMs: epochMs)) == text)
    }

    @Test func `a sender is an address, perhaps with a name`() {
        #expect(MailSender("shop@example.jp")?.address == "shop@example.jp")
        #expect(MailSender("shop@example.jp")?.name == "")
        #expect(MailSender("  決済 <shop@example.jp> ")?.name == "決済")
        #expect(MailSender("\"The shop\" <shop@example.jp>")?.name == "The shop")
        #expect(MailSender("<shop@example.jp>")?.domain == "example.jp")
        for text in ["", "shop", "Shop shop@example.jp", "Shop <shop>", "A\r\nB <a@b>", "<a@b> x"] {
            #expect(MailSender(text) == nil, "\(text)")
        }
    }

    @Test func `an address is never printed`() throws {
        let mail = try mail()
        var text = ""
        dump(mail, to: &text)
        #expect(!(text + "\(mail)").contains("hanako"))
    }

    private func decode(_ text: some StringProtocol) -> [UInt8]? {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var bytes: [UInt8] = []
        var word = 0
        var bits = 0
        for byte in text.utf8 where byte != UInt8(ascii: "=") {
            guard let value = alphabet.firstIndex(of: byte) else { return nil }
            word = word << 6 | value
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: word >> bits))
            }
        }
        return bytes
    }
}
