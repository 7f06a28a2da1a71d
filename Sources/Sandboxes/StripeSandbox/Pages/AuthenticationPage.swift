import HTTP
import JSON
import Kernel

/// The page where a payer proves who they are, in the bank's place (3-D Secure).
enum AuthenticationPage {
    static func answer(_ request: HTTPRequest, _ id: String, _ state: inout SandboxState, _ cause: Cause)
        -> HTTPResponse
    {
        guard let intent = state.paymentIntents[id] else {
            return message("お支払いが見つかりません。", "There is no such payment.", status: 404)
        }
        guard intent.status == .requiresAction, state.isCard(intent) else {
            return message("この認証はすでに終わっています。", "This authentication is already finished.", status: 200)
        }
        guard request.head.method == "POST" else { return page(intent) }
        let outcome = PercentCoding.pairs(String(decoding: request.body, as: UTF8.self))?.first { $0.name == "outcome" }
        guard let word = outcome?.value, word == "complete" || word == "fail" else {
            return message("ボタンを押してください。", "Please press one of the buttons.", status: 400)
        }
        let after: PaymentIntent
        do throws(StripeError) {
            after = try state.authenticate(id, succeeds: word == "complete", cause)
        } catch {
            return message("この認証はすでに終わっています。", "This authentication is already finished.", status: 409)
        }
        if let session = intent.checkoutSession.flatMap({ state.checkoutSessions[$0] }) {
            return away(session.status == .complete ? session.successLocation : session.pageURL)
        }
        guard case .redirect(_, let returnURL) = intent.nextAction else {
            return message("認証が終わりました。元の画面に戻ってください。", "Done. Please return to the shop.", status: 200)
        }
        return away(location(returnURL, after))
    }

    /// Sends the browser elsewhere after a form.
    static func away(_ location: String) -> HTTPResponse {
        HTTPResponse(
            status: 303,
            headers: ["Location": location, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"])
    }

    /// The way back, with what Stripe appends to it.
    private static func location(_ returnURL: String, _ intent: PaymentIntent) -> String {
        let failed = intent.status == .requiresPaymentMethod
        let appended = [
            ("payment_intent", intent.id), ("payment_intent_client_secret", intent.clientSecret),
            ("redirect_status", failed ? "failed" : "succeeded"),
        ].map { "\($0.0)=\(PercentCoding.encode($0.1))" }.joined(separator: "&")
        let parts = returnURL.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        let address = parts[0] + (parts[0].contains("?") ? "&" : "?") + appended
        return parts.count > 1 ? "\(address)#\(parts[1])" : address
    }

    private static func page(_ intent: PaymentIntent) -> HTTPResponse {
        let amount = Currency(intent.currency).map { Money(intent.amount, $0).description } ?? "\(intent.amount)"
        let body: Markup = """
            <main class="card"><h1>本人認証 <span lang="en">3-D Secure</span></h1>
            <p>お支払い金額 <strong>\(amount)</strong></p>
            <p>これはテスト用の画面です。カード会社での認証の結果を選んでください。</p>
            <p lang="en">This is a test page. Choose how the authentication at the card's bank ends.</p>
            <form method="post" class="row">
            <button class="main" name="outcome" value="complete">認証する <span lang="en">Complete</span></button>
            <button name="outcome" value="fail">失敗させる <span lang="en">Fail</span></button></form></main>
            """
        return PageFrame.response("本人認証 / 3-D Secure", body, language: "ja")
    }

    private static func message(_ japanese: String, _ english: String, status: Int) -> HTTPResponse {
        PageFrame.response(
            "本人認証 / 3-D Secure",
            "<main class=\"card\"><p>\(japanese)</p><p lang=\"en\">\(english)</p></main>", language: "ja",
            status: status)
    }
}
