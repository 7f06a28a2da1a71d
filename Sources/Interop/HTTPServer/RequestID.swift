import Kernel

/// Names of requests in logs and answers.
enum RequestID {
    /// The caller's id when it has 1 to 64 characters of `[A-Za-z0-9._-]`.
    static func accepted(_ text: String?) -> String? {
        guard let text, (1...64).contains(text.utf8.count) else { return nil }
        let fit = text.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
            case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
            default: false
            }
        }
        return fit ? text : nil
    }

    /// `req_` and 24 letters and digits. Eight of them are taken from each draw, because a draw is a system call.
    static func fresh(_ random: any RandomSource) -> String {
        let alphabet: StaticString = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
        return String(unsafeUninitializedCapacity: 28) { buffer in
            for (index, byte) in "req_".utf8.enumerated() { buffer[index] = byte }
            for draw in 0..<3 {
                var bits = random.next()
                for index in 0..<8 {
                    let (digit, rest) = bits.multipliedFullWidth(by: 62)
                    buffer[4 + draw * 8 + index] = alphabet.utf8Start[Int(digit)]
                    bits = rest
                }
            }
            return 28
        }
    }
}
