import Database
import Kernel
import KernelTesting
import Testing

@testable import Jobs

@Suite struct JobPolicyTests {
    @Test(arguments: [
        (1, 2), (2, 4), (3, 8), (10, 1024), (14, 16_384), (15, 21_600), (20, 21_600), (1_000_000, 21_600),
    ])
    func `the wait doubles up to the longest, and jitter takes up to half of it`(_ attempt: Int, _ seconds: Int) {
        let random = SeededRandom(UInt64(attempt))
        for _ in 0..<200 {
            let delay = Backoff.standard.delay(afterAttempt: attempt, random: random)
            #expect(delay >= .milliseconds(seconds * 500))
            #expect(delay <= .seconds(seconds))
        }
    }

    @Test func `the same seed gives the same waits`() {
        let one = SeededRandom(3)
        let other = SeededRandom(3)
        for attempt in 1...30 {
            #expect(
                Backoff.standard.delay(afterAttempt: attempt, random: one)
                    == Backoff.standard.delay(afterAttempt: attempt, random: other))
        }
    }

    @Test(arguments: [Backoff(first: .zero, longest: .zero), Backoff(first: .seconds(-1), longest: .seconds(5))])
    func `a wait is never negative`(_ backoff: Backoff) {
        #expect(backoff.delay(afterAttempt: 5, random: SeededRandom()) == .zero)
    }

    @Test func `there is always one attempt`() {
        #expect(JobPolicy(attemptsMax: 0).attemptsMax == 1)
    }

    private enum Colour: Error {
        case red
        case green(secret: String)
    }

    private struct Explained: JobFailureExplaining {
        let jobFailure: String
    }

    @Test func `of an error its kind is kept and never its payload`() {
        #expect(FailureText.of(Broken()) == "Broken")
        #expect(FailureText.of(Colour.red) == "Colour.red")
        #expect(FailureText.of(Colour.green(secret: "4242")) == "Colour.green")
        #expect(FailureText.of(CancellationError()) == "cancelled")
        #expect(FailureText.of(DatabaseError.conflict) == "DatabaseError.conflict")
        #expect(FailureText.of(JobDiscard("no such order")) == "no such order")
        #expect(FailureText.of(Explained(jobFailure: "code 12\nof the vendor")) == "code 12 of the vendor")
        #expect(FailureText.of(Explained(jobFailure: "")) == "no words")
    }

    @Test func `the words of an error are bounded between characters`() {
        let text = FailureText.of(Explained(jobFailure: String(repeating: "決", count: 500)))
        #expect(text == String(repeating: "決", count: JobLimits.errorBytesMax / 3))
    }

    @Test func `each end has its verdict`() {
        let policy = JobPolicy(attemptsMax: 3, timeLimit: .seconds(9), backoff: Backoff(first: .zero, longest: .zero))
        func verdict(_ end: JobEnd, attempt: Int = 1) -> JobVerdict {
            JobVerdict.of(end, attempt: attempt, policy: policy, random: SeededRandom())
        }
        #expect(verdict(.finished) == .done)
        #expect(verdict(.leaseLost) == .leave)
        #expect(verdict(.stopped) == .giveBack)
        #expect(verdict(.failed(Broken())) == .retry(after: .zero, error: "Broken"))
        #expect(verdict(.failed(Broken()), attempt: 2) == .retry(after: .zero, error: "Broken"))
        #expect(verdict(.failed(Broken()), attempt: 3) == .dead(error: "Broken"))
        #expect(verdict(.failed(JobSnooze(for: .seconds(5))), attempt: 3) == .snooze(.seconds(5)))
        #expect(verdict(.failed(JobDiscard("never"))) == .dead(error: "never"))
        #expect(verdict(.outOfTime) == .retry(after: .zero, error: "ran longer than its limit of 9000 ms"))
        #expect(verdict(.workerLost, attempt: 3) == .dead(error: "its worker was lost while it ran"))
    }
}
