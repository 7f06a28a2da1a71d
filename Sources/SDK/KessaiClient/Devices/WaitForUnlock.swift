import HTTP
import Kernel
public import KessaiAPI

extension KessaiClient {
    /// Asks for a purchase until it is confirmed, when the buyer came back from the page.
    ///
    /// Pauses as long as the server says. Calls that fail for a while are asked again too. Returns the last state when
    /// patience ends before it is confirmed; nothing is lost then, and the token stays good for days. Throws
    /// `KessaiError` when the answer is final, or when patience ends on a failure; `noAnswer(.cancelled)` when the task
    /// is cancelled.
    public func waitForUnlock(
        _ purchase: PurchaseReturn.Paid, device: String, patience: Patience = Patience()
    ) async throws(KessaiError) -> Confirmation {
        try await ask(patience) { () throws(KessaiError) in
            try await confirm(purchase, device: device)
        } pause: { confirmation in
            confirmation.retryAfter
        }
    }

    /// Reads a device until it is unlocked, for an app that was started again without its token: the purchase is
    /// delivered without it, by Stripe's event or the server's reconciliation.
    ///
    /// Returns the last state when patience ends before it is unlocked. Stops at once when nothing is under way for the
    /// device. Throws as `waitForUnlock(_:device:patience:)`.
    public func waitForUnlock(
        device: String, patience: Patience = Patience()
    ) async throws(KessaiError) -> DeviceResponse {
        try await ask(patience) { () throws(KessaiError) in
            try await self.device(device)
        } pause: { device in
            device.unlocked || device.pendingPurchases.isEmpty ? nil : Patience.usualPause
        }
    }

    /// Asks until `pause` names none, or patience ends.
    private func ask<State>(
        _ patience: Patience, _ question: () async throws(KessaiError) -> State, pause: (State) -> Duration?
    ) async throws(KessaiError) -> State {
        var waited = Duration.zero
        var tries = 1
        while true {
            let answer: Result<State, KessaiError>
            do throws(KessaiError) {
                answer = .success(try await question())
            } catch {
                answer = .failure(error)
            }
            let next: Duration? =
                switch answer {
                case .success(let state): pause(state)
                case .failure(.noAnswer(.cancelled, _)): nil
                case .failure(let error): error.mayRepeat ? error.retryAfter ?? Patience.usualPause : nil
                }
            // Never at once, whatever the server says.
            guard let sleep = next.map({ max($0, .seconds(1)) }), tries < patience.triesMax,
                waited + sleep <= patience.waitMax
            else { return try answer.get() }
            try await exchange.sleep(sleep, mayHaveActed: true)
            waited += sleep
            tries += 1
        }
    }
}
