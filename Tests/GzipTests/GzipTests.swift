import Gzip
import GzipTesting
import Testing

@Suite struct GzipTests {
    private func text(_ count: Int) -> [UInt8] {
        let line: (Int) -> String = { #"{"id":"\#($0 * 7919 % 1000)","amount":980,"currency":"jpy"},"# }
        return Array((0...(count / 40)).map(line).joined().utf8.prefix(count))
    }

    @Test(arguments: [0, 1, 2, 255, 256, 257, 511, 512, 513, 1 << 15, (1 << 15) + 1, 300_000])
    func `what is compressed comes back, whatever its length and level`(count: Int) throws {
        for level in [1, 4, 6, 9] {
            let member = try #require(Gzip.compress(text(count), level: level))
            #expect(gunzip(member) == text(count))
            if count > 500 { #expect(member.count < count / 3) }
        }
    }

    @Test func `bytes that cannot be pressed together come back too`() throws {
        var state: UInt64 = 42
        let noise = (0..<100_000).map { _ -> UInt8 in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 56)
        }
        let member = try #require(Gzip.compress(noise, level: 6))
        #expect(gunzip(member) == noise)
        #expect(member.count > noise.count)
    }

    @Test func `equal bytes give equal members`() {
        #expect(Gzip.compress(text(5_000), level: 4) == Gzip.compress(text(5_000), level: 4))
    }

    @Test func `a level beyond the ends is the nearest there is`() {
        #expect(Gzip.compress(text(5_000), level: 0) == Gzip.compress(text(5_000), level: 1))
        #expect(Gzip.compress(text(5_000), level: 99) == Gzip.compress(text(5_000), level: 9))
    }
}
