/// Names of channels as PostgreSQL takes them.
enum PostgresChannel {
    /// The channel's own name, or a hash of a name that is empty or longer than the 63 bytes of an identifier.
    static func name(_ channel: String) -> String {
        guard channel.isEmpty || channel.utf8.count > 63 || channel.utf8.contains(0) else { return channel }
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in channel.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return "kessai_channel_" + String(hash, radix: 16)
    }

    /// The statement that hears a channel.
    static func listenStatement(_ name: String) -> String {
        "LISTEN \"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}
