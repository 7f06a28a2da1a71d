import CMicroHTTPD

/// A head as libmicrohttpd left it in its memory.
///
/// libmicrohttpd ends lines at a bare line feed too, joins a line that begins with a blank to the one before, skips
/// spaces between the words of the request line, and ends a value at a NUL. A proxy before us may read all of these
/// otherwise. What it hands out does not tell; where that stands does: names and values are pointers into the buffer in
/// which the head arrived, and it wrote NULs over the spaces, the colons and both bytes of a line's end. So the pointers
/// of a well-formed head follow each other without gaps: a name, one NUL, blanks, a value, two NULs, the next name.
/// After a bare line feed there is one NUL; a joined line was copied away; a NUL that was sent leaves a gap.
///
/// One thing looks the same: a NUL before a bare line feed passes for a line's end. The first head of a connection
/// without TLS was seen as it was sent (`HeadSyntax`), where it does not.
///
/// Read in libmicrohttpd 0.9.75 (`connection.c`: `get_next_header_line`, `parse_initial_message_line`,
/// `process_header_line`, `process_broken_line`), and held by `SmugglingTests`. Versions from 1.0 on are told to refuse
/// all this by themselves (`shim.h`), and their memory is not looked at.
struct HeadLayout {
    /// The fields in their order. Blanks behind a value are its own.
    private(set) var fields: [(name: String, value: String)] = []
    /// Whether the head is well-formed as far as its place in memory shows.
    private(set) var isWellFormed: Bool
    private var cursor: UnsafePointer<CChar>
    private let end: UnsafePointer<CChar>

    /// Whether this libmicrohttpd lays heads out so.
    private static let isKnown = kessai_mhd_is_strict() == 0

    /// Reads the head of a request; `targetBytes` is the length of its target as it was before it was taken apart.
    init(
        _ handle: OpaquePointer, method: UnsafePointer<CChar>, targetBytes: Int, version: UnsafePointer<CChar>
    ) {
        fields.reserveCapacity(16)
        end = method + kessai_mhd_head_bytes(handle)
        cursor = version + 8
        isWellFormed = !Self.isKnown || version == method + Self.length(method) + 1 + targetBytes + 1
        if Self.isKnown, isWellFormed { endLine() }
        withUnsafeMutablePointer(to: &self) { layout in
            _ = MHD_get_connection_values_n(
                handle, .HEADER_KIND,
                { layout, _, name, nameCount, value, valueCount in
                    guard let name, let value else { return .YES }
                    layout?.assumingMemoryBound(to: HeadLayout.self).pointee
                        .take(name, nameCount, value, valueCount)
                    return .YES
                }, layout)
        }
        // The empty line at the end.
        if Self.isKnown, isWellFormed { endLine() }
        if Self.isKnown, cursor != end { isWellFormed = false }
    }

    private mutating func take(
        _ name: UnsafePointer<CChar>, _ nameCount: Int, _ value: UnsafePointer<CChar>, _ valueCount: Int
    ) {
        fields.append((Self.string(name, nameCount), Self.string(value, valueCount)))
        guard Self.isKnown, isWellFormed else { return }
        // Behind the name stands the colon's NUL, and blanks until the value.
        guard name == cursor, name[nameCount] == 0, value > name + nameCount, value + valueCount < end,
            UnsafeBufferPointer(start: name + nameCount + 1, count: value - name - nameCount - 1)
                .allSatisfy({ $0 == 0x20 || $0 == 0x09 })
        else {
            isWellFormed = false
            return
        }
        cursor = value + valueCount
        endLine()
    }

    /// Expects the two bytes of a line's end.
    private mutating func endLine() {
        guard end - cursor >= 2, cursor[0] == 0, cursor[1] == 0 else {
            isWellFormed = false
            return
        }
        cursor += 2
    }

    private static func length(_ text: UnsafePointer<CChar>) -> Int {
        var count = 0
        while text[count] != 0 { count += 1 }
        return count
    }

    private static func string(_ start: UnsafePointer<CChar>, _ count: Int) -> String {
        String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self)
    }
}
