import CMicroHTTPD

/// What stands between the pieces of a chunked body (RFC 9112, 7.1), as far as it can be seen.
///
/// libmicrohttpd takes a bare line feed for a line's end in chunks too, and hands out the data alone. But a piece is a
/// pointer into the buffer that the request arrived in, and what stands before it there came with it: the end of the
/// chunk before, and the size of its own. Where the network cut the request just between a size and its data, it is not
/// seen. Read in libmicrohttpd 0.9.75 (`process_request_body`).
struct ChunkFraming {
    /// Where each turn of libmicrohttpd begins to look for chunks.
    private let base: UnsafeRawPointer
    /// Where the last piece ended, and in which turn it was handed out.
    private var last: (end: UnsafeRawPointer, turn: Int)?
    private var overhead = 0

    /// How many bytes extensions and the like may have in all. They would make a small body large without end.
    private static let overheadMax = 16 << 10
    private static let isKnown = kessai_mhd_is_strict() == 0

    /// The chunks behind a head.
    init(_ handle: OpaquePointer, method: UnsafePointer<CChar>) {
        base = UnsafeRawPointer(method) + kessai_mhd_head_bytes(handle)
    }

    /// Whether what is seen before a piece frames it well. Bounds the extensions of sizes, too.
    mutating func isWellFormed(before piece: UnsafeRawBufferPointer, turn: Int) -> Bool {
        guard Self.isKnown, let start = piece.baseAddress else { return true }
        var from = base
        if let last, last.turn == turn { from = last.end }
        last = (start + piece.count, turn)
        guard start >= from else { return false }
        let frame = UnsafeRawBufferPointer(start: from, count: start - from)
        // What a size and the ends of two lines need, and some more, is not counted.
        overhead += max(0, frame.count - 16)
        return overhead <= Self.overheadMax && Self.isFrame(frame)
    }

    /// Nothing, the end of a chunk, or that and a size.
    private static func isFrame(_ frame: UnsafeRawBufferPointer) -> Bool {
        var rest = frame[...]
        if rest.starts(with: "\r\n".utf8) { rest = rest.dropFirst(2) }
        if rest.isEmpty { return true }
        guard rest.count > 2, rest.suffix(2).elementsEqual("\r\n".utf8) else { return false }
        return rest.dropLast(2).allSatisfy(Token.isValueByte)
    }

    /// Whether the fields behind the last chunk, which nobody reads, are well-formed.
    func hasGoodTrailer(_ handle: OpaquePointer) -> Bool {
        var isGood = true
        withUnsafeMutablePointer(to: &isGood) { isGood in
            _ = MHD_get_connection_values_n(
                handle, .FOOTER_KIND,
                { isGood, _, name, nameCount, value, valueCount in
                    let name = UnsafeRawBufferPointer(start: name, count: nameCount)
                    let value = UnsafeRawBufferPointer(start: value, count: valueCount)
                    if !Token.isToken(name) || !value.allSatisfy(Token.isValueByte) {
                        isGood?.assumingMemoryBound(to: Bool.self).pointee = false
                    }
                    return .YES
                }, isGood)
        }
        return isGood
    }
}
