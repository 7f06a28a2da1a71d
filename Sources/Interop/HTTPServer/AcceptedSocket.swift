import CMicroHTTPD
import Glibc
import Kernel

/// A connection that no loop serves yet.
struct AcceptedSocket: Sendable {
    let descriptor: Int32
    let address: sockaddr_storage
    let addressLength: socklen_t
    /// The peer's address.
    let peer: IPAddress

    init(descriptor: Int32, address: sockaddr_storage, addressLength: socklen_t) {
        self.descriptor = descriptor
        self.address = address
        self.addressLength = addressLength
        peer = Self.peer(address)
    }

    private static func peer(_ address: sockaddr_storage) -> IPAddress {
        withUnsafeBytes(of: address) { bytes in
            switch Int32(address.ss_family) {
            case AF_INET:
                // Behind the family and the port.
                return IPAddress(ipv4: UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)))
            default:
                // Behind the family, the port and the flow.
                return IPAddress(
                    high: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
                    low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self)))
            }
        }
    }
}

/// What a plain socket is asked for beside reading and writing.
enum Socket {
    /// What the kernel counts of a connection, whoever reads and writes it.
    struct Counts {
        /// How many bytes came from the peer.
        var received: UInt64
        /// How many bytes the peer has confirmed.
        var confirmed: UInt64
    }

    /// The counts; nil when the kernel does not tell. They stand at a fixed place behind `TCP_INFO`'s older members
    /// since Linux 4.1 (`tcpi_bytes_acked`, `tcpi_bytes_received`), which the C library's header does not know.
    static func counts(of descriptor: Int32) -> Counts? {
        var words = [UInt64](repeating: 0, count: 17)
        var length = socklen_t(words.count * 8)
        guard getsockopt(descriptor, Int32(IPPROTO_TCP), Int32(TCP_INFO), &words, &length) == 0, length >= 136 else {
            return nil
        }
        return Counts(received: words[16], confirmed: words[15])
    }

    /// Whether something was given to the kernel that the peer has not confirmed. Who has taken all is not slow, however
    /// little there was.
    static func hasUnconfirmed(_ descriptor: Int32) -> Bool {
        var count: Int32 = 0
        // `SIOCOUTQ`, which has the value of `TIOCOUTQ`. A kernel that does not tell lets the counts decide.
        return ioctl(descriptor, UInt(TIOCOUTQ), &count) != 0 || count > 0
    }

    /// Whether something came that nobody has read. A socket that is closed then resets its connection, and the peer
    /// may lose what was sent to it last.
    static func hasUnread(_ descriptor: Int32) -> Bool {
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) > 0
    }

    /// How a throwing away of what came ended.
    enum Discarded {
        /// Nothing more is there now; so many bytes were.
        case some(Int)
        /// The peer has closed its half, or hung up.
        case end
    }

    /// Throws away what came, at most `bytesMax`; the kernel does not even copy it.
    static func discard(_ descriptor: Int32, bytesMax: Int) -> Discarded {
        var total = 0
        while total < bytesMax {
            let count = recv(
                descriptor, nil, bytesMax - total, Int32(MSG_TRUNC | MSG_DONTWAIT))
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN { return .some(total) }
            guard count > 0 else { return .end }
            total += count
        }
        return .some(total)
    }

    /// Closes a connection with a reset: what still waits to be sent is thrown away at once.
    static func setReset(_ descriptor: Int32) {
        var now = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
    }
}
