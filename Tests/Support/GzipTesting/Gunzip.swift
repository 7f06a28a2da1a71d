import CZlib

/// The bytes behind a gzip member, by zlib's own inflater; nil when it is not exactly one whole member, or has more than
/// `bytesMax`.
public func gunzip(_ member: [UInt8], bytesMax: Int = 16 << 20) -> [UInt8]? {
    var stream = z_stream()
    guard kessai_zlib_inflate_init(&stream) == Z_OK else { return nil }
    defer { inflateEnd(&stream) }
    var input = member
    var isWhole = false
    let bytes = [UInt8](unsafeUninitializedCapacity: bytesMax) { output, count in
        input.withUnsafeMutableBufferPointer { input in
            stream.next_in = input.baseAddress
            stream.avail_in = UInt32(input.count)
            stream.next_out = output.baseAddress
            stream.avail_out = UInt32(bytesMax)
            isWhole = inflate(&stream, Z_FINISH) == Z_STREAM_END && stream.avail_in == 0
        }
        count = bytesMax - Int(stream.avail_out)
    }
    return isWhole ? bytes : nil
}
