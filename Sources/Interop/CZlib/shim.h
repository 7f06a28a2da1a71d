#include <zlib.h>

// deflateInit2 and inflateInit2 are macros, which Swift does not import. 16 more than the window's bits is gzip's wrapping.
static inline int kessai_zlib_deflate_init(z_stream *stream, int level, int window_bits, int memory_level) {
    return deflateInit2(stream, level, Z_DEFLATED, window_bits + 16, memory_level, Z_DEFAULT_STRATEGY);
}

static inline int kessai_zlib_inflate_init(z_stream *stream) { return inflateInit2(stream, 15 + 16); }
