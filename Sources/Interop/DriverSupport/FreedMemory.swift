private import CMalloc

/// What the allocator does with memory that nobody needs any more.
public enum FreedMemory {
    /// Keeps up to `bytes` of it for what comes next, in place of giving it back to the system at once, from which it comes back
    /// zeroed, page by page. Of the whole process, and best said at its beginning.
    public static func keep(_ bytes: Int) {
        mallopt(M_TRIM_THRESHOLD, Int32(clamping: bytes))
        mallopt(M_MMAP_THRESHOLD, Int32(clamping: min(bytes, 32 << 20)))
    }
}
