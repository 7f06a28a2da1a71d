private import Glibc
public import Kernel

/// Ports of the loopback that nobody uses.
public enum LoopbackPort {
    /// One below those that the kernel gives to connections, so that it stays free while its server is dead; nil when
    /// none of a hundred is.
    public static func free(random: any RandomSource) -> UInt16? {
        for _ in 0..<100 {
            let port = UInt16(random.number(in: 12_000...31_000))
            if isFree(port) { return port }
        }
        return nil
    }

    private static func isFree(_ port: UInt16) -> Bool {
        let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard number >= 0 else { return false }
        defer { close(number) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(number, address, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
