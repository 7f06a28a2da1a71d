import Database
import Kernel

/// Shows for as long as a request is under way that it lives, so that nobody takes it over.
struct LeaseKeeper: Sendable {
    let store: IdempotencyStore
    let options: IdempotencyOptions
    let log: Log

    /// Renews the hold at every third of the lease, until the task is cancelled because the request is over, the key is
    /// another's, or the request has been under way for so long that it is to be given up.
    func keep(_ claim: IdempotencyStore.Claim) async {
        let end = store.clock.now().adding(options.renewedMax)
        var isTold = false
        while true {
            do { try await store.clock.sleep(for: options.renewal) } catch { return }
            if store.clock.now() >= end { return log.warning("idempotency_lease_ends") }
            do {
                guard try await store.renew(claim) else { return log.warning("idempotency_lease_lost") }
            } catch {
                if Task.isCancelled { return }
                // The next third may be luckier. The request goes on in any case.
                if !isTold { log.warning("idempotency_lease_not_renewed", ["error": .string("\(error)")]) }
                isTold = true
            }
        }
    }
}
