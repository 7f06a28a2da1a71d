import HTTP
public import Kernel
public import KessaiAPI

extension KessaiClient {
    /// What a device has, what it can buy, and what is under way. A device that nobody has heard of has nothing yet.
    ///
    /// Throws `KessaiError`; `invalid_input` when the id is not 8 to 128 letters, digits, or any of `. _ : -`.
    public func device(_ id: String) async throws(KessaiError) -> DeviceResponse {
        try await exchange.perform(.get("/api/devices/\(try KessaiCall.segment(id, "the device's id"))"))
    }

    /// Begins to buy for a device, or finds the purchase that was begun: two taps are one purchase.
    ///
    /// The price is the server's; the answer names it. Store the key before the call: after a restart the same key finds
    /// the same page. Throws `KessaiError`.
    ///
    /// - Parameters:
    ///   - product: What to buy.
    ///   - device: The device that it is for.
    ///   - key: Names this purchase.
    ///   - unlockCount: How often the app believes it was unlocked. Decides nothing; the server logs a difference.
    ///   - returnURL: Where the buyer comes out, one of those that the server is configured with; nil for its first.
    public func beginCheckout(
        _ product: PassProduct, device: String, key: RequestKey, unlockCount: Int64? = nil, returnURL: String? = nil
    ) async throws(KessaiError) -> CheckoutBeginning {
        let request = CheckoutSessionRequest(
            deviceID: device, productType: product.rawValue, unlockCount: unlockCount, returnURL: returnURL)
        do throws(KessaiError) {
            return .page(try await exchange.perform(.post("/api/checkout/sessions", request, key: key)))
        } catch {
            switch error.code {
            case "license_owned", "already_unlocked": return .nothingToBuy
            case "purchase_in_progress": return .paymentUnderWay(retryAfter: error.retryAfter ?? Patience.usualPause)
            case "purchase_closed": return .over
            default: throw error
            }
        }
    }

    /// Confirms a licence: the app came back from the page with its token. A repeat is harmless.
    ///
    /// Throws `KessaiError`, with the codes `purchase_token_unknown`, `purchase_token_of_another_device`,
    /// `purchase_token_of_another_product`, `purchase_token_expired`, `purchase_closed` (nothing was charged),
    /// `purchase_needs_review` (a person looks at the payment; show the detail), and
    /// `too_many_attempts` with the pause to keep, when many tokens were refused for the device.
    public func confirmLicense(device: String, token: Secret) async throws(KessaiError) -> Confirmation {
        try await confirm("/license/confirm", device, token)
    }

    /// Confirms a day pass; all else as `confirmLicense`.
    public func confirmDaypass(device: String, token: Secret) async throws(KessaiError) -> Confirmation {
        try await confirm("/unlock/daypass", device, token)
    }

    /// Confirms whichever product the buyer came back from.
    public func confirm(_ purchase: PurchaseReturn.Paid, device: String) async throws(KessaiError) -> Confirmation {
        switch purchase.product {
        case .license: try await confirmLicense(device: device, token: purchase.token)
        case .daypass: try await confirmDaypass(device: device, token: purchase.token)
        }
    }

    private func confirm(_ path: String, _ device: String, _ token: Secret) async throws(KessaiError) -> Confirmation {
        let request = ConfirmPurchaseRequest(deviceID: device, purchaseToken: HiddenTextDTO(token))
        do throws(KessaiError) {
            let response = try await exchange.send(.post(path, request, finalCodes: ["delivery_pending"]))
            guard response.status == 202 else { return .confirmed(try exchange.read(response)) }
            let pending: PendingPurchaseResponse = try exchange.read(response)
            return .pending(pending.purchase, retryAfter: response.retryAfter ?? Patience.usualPause)
        } catch {
            guard case .problem(let problem) = error, problem.code == "delivery_pending" else { throw error }
            return .deliveryPending(
                guidance: problem.detail, retryAfter: problem.retryAfter ?? Patience.usualPause)
        }
    }
}
