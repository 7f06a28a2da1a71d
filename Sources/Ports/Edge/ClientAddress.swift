internal import Kernel

/// Whose an address is: an IPv4 address stands for itself, an IPv6 address for its /64, as that is what one subscriber is
/// given at least (``IPAddress/household``). An IPv4 address in IPv6's clothes (`::ffff:192.0.2.1`) is the same as without.
struct ClientAddress: Equatable {
    /// What tells it from others.
    let key: [UInt8]

    /// Of an address as sockets tell it; text that is no address stands for itself.
    init(_ text: String) {
        // A zone, `fe80::1%eth0`, is ours and not theirs.
        let bare = text.prefix { $0 != "%" }
        key = IPAddress(bare).map { Array($0.household.description.utf8) } ?? Array("?\(bare)".utf8)
    }
}
