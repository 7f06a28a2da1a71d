internal import CommandWords
internal import Kernel
internal import Simulator

/// Shows how far a simulation is, to whoever watches standard error.
enum SimProgress {
    /// Runs `body`, and shows how many of `count` histories were played when it tells.
    static func of<Result: Sendable>(
        _ step: String, count: Int, clock: any WallClock,
        _ body: (_ progress: @escaping @Sendable (Int) -> Void) async throws -> Result
    ) async throws -> Result {
        let bar = ProgressBar()
        defer { bar.clear() }
        let began = clock.now()
        return try await body { done in
            let ms = max(clock.now().since(began).milliseconds, 1)
            bar.show(step, share: Double(done) / Double(count), "\(done) of \(count), \(Int64(done) * 1000 / ms)/s")
        }
    }

    /// The shortest history of a seed that still breaks the rule.
    static func shrink(_ simulator: Simulator, seed: UInt64) throws -> (kept: [Int], outcome: Outcome) {
        let bar = ProgressBar()
        defer { bar.clear() }
        let most = 400
        return try simulator.shrink(seed: seed, triesMax: most) { tries, steps in
            bar.show("cutting down", share: Double(tries) / Double(most), "\(steps) steps are left")
        }
    }
}
