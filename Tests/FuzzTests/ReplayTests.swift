import FuzzTargets
import KernelTesting
import Testing

/// What the fuzzer found, once more: see docs/hardening.md.
@Suite struct ReplayTests {
    @Test(.timeLimit(.minutes(5)), arguments: FuzzTarget.all)
    func `no input that is kept breaks a property`(target: FuzzTarget) async throws {
        let broken = try await offPool {
            let check = try target.prepare()
            return Corpus.all(of: target.name).compactMap { input -> String? in
                do {
                    try check(input)
                    return nil
                } catch {
                    return "\(error)"
                }
            }
        }
        #expect(broken == [])
    }

    @Test(arguments: FuzzTarget.all) func `a target has seeds that were written for it, and what was found`(
        target: FuzzTarget
    ) {
        #expect(Corpus.inputs(of: target.name, in: "seeds.txt").count >= 5)
        // And those that `scripts/fuzz minimise` kept.
        #expect(Corpus.inputs(of: target.name, in: "found.txt").count >= 50)
    }

    @Test func `every folder of inputs belongs to a target`() {
        #expect(Corpus.targets == Set(FuzzTarget.all.map(\.name)))
    }

    @Test(
        arguments: [
            (#"a\nb"#, [0x61, 0x0A, 0x62]), (#"\x00\xff\\x\t\r"#, [0, 0xFF, 0x5C, 0x78, 0x09, 0x0D]),
            (#"\x23"#, [0x23]),
        ] as [(String, [UInt8])])
    func `an escaped line is read as its bytes`(line: String, bytes: [UInt8]) {
        #expect(Corpus.unescape(line.utf8) == bytes)
    }
}
