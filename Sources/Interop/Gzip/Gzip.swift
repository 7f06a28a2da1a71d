private import CZlib

/// gzip (RFC 1952), by zlib.
public enum Gzip {
    /// The most that is compressed, in bytes (law 14): zlib counts with 32 bits.
    public static let bytesMax = 1 << 30

    /// The bytes as one gzip member. It names no file and no time, so that equal bytes give equal members. `level` is 1, the
    /// quickest, to 9, the smallest. Nil when there is no memory for it, and for more than ``bytesMax``: the bytes are then
    /// as good as they were.
    public static func compress(_ bytes: [UInt8], level: Int) -> [UInt8]? {
        guard bytes.count <= bytesMax else { return nil }
        var stream = z_stream()
        let windowBits = windowBits(for: bytes.count)
        let started = kessai_zlib_deflate_init(
            &stream, Int32(min(max(level, 1), 9)), windowBits, min(8, windowBits - 6))
        guard started == Z_OK else { return nil }
        defer { deflateEnd(&stream) }
        let room = Int(deflateBound(&stream, UInt(bytes.count)))
        var isWhole = false
        let member = [UInt8](unsafeUninitializedCapacity: room) { output, count in
            bytes.withUnsafeBufferPointer { input in
                // zlib reads through this pointer and does not write, though it is not declared so.
                stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                stream.avail_in = UInt32(input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(room)
                // With so much room one call takes everything.
                isWhole = deflate(&stream, Z_FINISH) == Z_STREAM_END
            }
            count = room - Int(stream.avail_out)
        }
        return isWhole ? member : nil
    }

    /// A window no larger than what there is to look back at: the tables that go with it are cleared for every call, which
    /// for some kilobytes would be three quarters of the work. 15 bits are the format's most, and zlib takes 9 at least.
    private static func windowBits(for count: Int) -> Int32 {
        var bits: Int32 = 9
        while bits < 15, 1 << Int(bits) < count { bits += 1 }
        return bits
    }
}
