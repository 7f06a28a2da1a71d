internal import JSON
internal import Kernel
@_spi(_Unicode) private import Swift

/// An e-mail address: as it was written, to send to, and folded, to find it by.
///
/// Addresses that differ only in letter case, in spaces around them or in how Unicode composes a letter are one address,
/// so that nobody has two accounts by accident. What only looks like another character (``LookAlikes``) is refused, so
/// that nobody takes an address that looks the same. Letters of other scripts that look the same are let through.
struct EmailAddress: Sendable, Equatable {
    /// As it was written, without the spaces around it, canonically composed (NFC).
    let written: Redacted<String>
    /// In lower case, composed again, as folding can take letters apart; unique in the schema.
    let key: Redacted<String>

    /// The address in a text. Throws `AccountsError.invalidInput` for what does not look like an address.
    init(_ text: Secret) throws(AccountsError) {
        let written = text.reveal().trimmed.canonicallyComposed
        let schema = Schema.string(length: 3...254, format: .email)
        let faults = schema.faults(in: .string(written))
        if !faults.isEmpty {
            throw .invalidInput(faults.map { FieldError(field: "email", code: $0.code, detail: $0.detail) })
        }
        let key = written.lowercased().canonicallyComposed
        if LookAlikes.areIn(address: key) {
            throw Self.malformed(
                "must not have full-width, invisible or other characters that only look like plain ones")
        }
        // RFC 1035, 2.3.1; no host has such a name, and mails to it come back.
        let labels = (key.split(separator: "@").last ?? "").split(separator: ".", omittingEmptySubsequences: false)
        if labels.contains(where: { $0.isEmpty || $0.hasPrefix("-") || $0.hasSuffix("-") }) {
            throw Self.malformed("must have a domain whose parts are not empty, and neither begin nor end with -")
        }
        self.written = Redacted(written)
        self.key = Redacted(key)
    }

    private static func malformed(_ detail: String) -> AccountsError {
        .invalidInput([FieldError(field: "email", code: "malformed", detail: detail)])
    }
}

/// A password that may be set: 10 to 200 characters of any kind, and not the address it protects.
///
/// Length is the only rule, as composition rules make passwords no harder to guess (NIST SP 800-63B, 3.1.1.2).
struct NewPassword: Sendable {
    /// What is hashed, canonically composed: keyboards send one letter in several forms.
    let secret: Secret

    /// Throws `AccountsError.invalidInput`.
    init(_ text: Secret, for email: EmailAddress) throws(AccountsError) {
        secret = text.canonicallyComposed
        let length = secret.reveal().unicodeScalars.count
        func fault(_ code: String, _ detail: String) -> AccountsError {
            .invalidInput([FieldError(field: "password", code: code, detail: detail)])
        }
        if length < 10 { throw fault("too_short", "must have at least 10 characters") }
        if length > 200 { throw fault("too_long", "must have at most 200 characters") }
        if secret.reveal().lowercased().canonicallyComposed == email.key.reveal() {
            throw fault("not_allowed", "must not be the e-mail address")
        }
    }
}

extension Secret {
    /// The secret in Unicode's form NFC, as passwords are hashed and compared.
    var canonicallyComposed: Secret { Secret(reveal().canonicallyComposed) }
}

/// What no address may have: characters that Unicode's NFKC replaces by plain ones (full-width `ａ`, ligatures, circled
/// letters), that show nothing or turn the text around, controls, spaces, and in the domain all but letters, digits,
/// hyphens and dots.
enum LookAlikes {
    /// Letters that folding changes although they stand for themselves: ß, the final sigma, the Greek iota below.
    private static let lettersOfTheirOwn: Set<Unicode.Scalar> = ["\u{DF}", "\u{3C2}", "\u{345}"]

    /// Whether one is in a folded address.
    static func areIn(address key: String) -> Bool {
        let domain = key.split(separator: "@").last ?? ""
        // Taken apart canonically, so that folding a letter with its accents does not look like replacing it.
        return key._nfd.contains(where: isLookAlike) || domain.unicodeScalars.contains { !isOfDomain($0) }
    }

    /// What shows nothing, or only a blank, although Unicode counts it among the symbols and marks: the Braille blank,
    /// a filler, a stemless note, and what stands for something that is missing.
    private static let blanks: Set<Unicode.Scalar> = [
        "\u{2800}", "\u{16FE4}", "\u{1D159}", "\u{FFFC}", "\u{FFFD}",
    ]

    /// Whether text has a mark that turns the direction of what follows, so that it shows in another order than it is.
    static func turns(_ text: String) -> Bool { text.unicodeScalars.contains { $0.properties.isBidiControl } }

    private static func isLookAlike(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.properties.isDefaultIgnorableCodePoint || blanks.contains(scalar) { return true }
        return switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
            .spaceSeparator:
            true
        default: scalar.properties.changesWhenNFKCCaseFolded && !lettersOfTheirOwn.contains(scalar)
        }
    }

    private static func isOfDomain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .lowercaseLetter, .otherLetter, .modifierLetter, .uppercaseLetter, .titlecaseLetter, .decimalNumber,
            .nonspacingMark, .spacingMark:
            true
        default: scalar == "-" || scalar == "."
        }
    }
}

extension String {
    /// The text in Unicode's form NFC. Foundation's essentials take this from the standard library in the same way;
    /// the whole of Foundation, which has it in public, would bring ICU's tables along.
    fileprivate var canonicallyComposed: String {
        var composed = String.UnicodeScalarView()
        composed.append(contentsOf: _nfc)
        return String(composed)
    }

    fileprivate var trimmed: String {
        String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
