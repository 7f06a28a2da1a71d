import HTTP
import JSON
import Kernel

/// The page where a buyer pays for a Checkout Session. It works without any script.
enum CheckoutPage {
    /// Answers the page, and what is sent from it. State changes before the browser is sent on, and a second press of
    /// the button is sent on too without paying again.
    static func answer(_ request: HTTPRequest, _ id: String, _ state: inout SandboxState, _ cause: Cause)
        -> HTTPResponse
    {
        guard let session = state.checkoutSessions[id] else {
            let say = PageLanguage(locale: nil, request.head.headers)
            return message(
                say, say("お支払いページが見つかりません", "There is no such page"),
                say("リンクを確認してください。", "Please check the link."), status: 404)
        }
        let say = PageLanguage(locale: session.locale, request.head.headers)
        let isPost = request.head.method == "POST"
        switch session.status {
        case .expired: return expired(session, say)
        case .complete:
            let place = next(session, state)
            return isPost || place != session.successLocation ? AuthenticationPage.away(place) : done(session, say)
        case .open: break
        }
        let notice = declined(session, state, say)
        guard isPost else { return CheckoutView(session: session, form: CheckoutForm(session), say: say).page(notice) }
        let form = CheckoutForm(request.body, session)
        let (faults, card) = form.check(session, at: cause.at, say)
        guard faults.isEmpty, let kind = form.kind(session) else {
            return CheckoutView(session: session, form: form, say: say, faults: faults).page(nil, status: 422)
        }
        let payer = CheckoutPayer(
            email: form[.email].trimmed, name: kind == .card ? form[.cardName].trimmed : nil)
        let method = card.map { state.newMethod($0, cause) } ?? state.konbini(cause)
        do throws(StripeError) {
            switch try state.payCheckout(id, method, payer, cause) {
            case .completed(let session): return AuthenticationPage.away(next(session, state))
            case .needsAuthentication(let url): return AuthenticationPage.away(url)
            // The page tells the refusal, so that loading it again does not send the form again.
            case .declined: return AuthenticationPage.away(session.pageURL)
            }
        } catch {
            return CheckoutView(session: session, form: form, say: say).page(error.message, status: error.status)
        }
    }

    /// Where a buyer goes who is done: to the shop, or first to see the number to pay by.
    private static func next(_ session: CheckoutSession, _ state: SandboxState) -> String {
        let intent = session.paymentIntent.flatMap { state.paymentIntents[$0] }
        guard case .voucher(let voucher) = intent?.nextAction else { return session.successLocation }
        return voucher.url
    }

    /// Why the last try failed, in words for the buyer; nil when none did.
    private static func declined(_ session: CheckoutSession, _ state: SandboxState, _ say: PageLanguage) -> String? {
        let intent = session.paymentIntent.flatMap { state.paymentIntents[$0] }
        guard let error = intent?.lastPaymentError else { return nil }
        switch error["decline_code"]?.string ?? error["code"]?.string {
        case "insufficient_funds":
            return say("カードの残高が不足しています。別のカードをお試しください。", "Your card has insufficient funds. Please try another card.")
        case "expired_card":
            return say("カードの有効期限が切れています。別のカードをお試しください。", "Your card has expired. Please try another card.")
        case "incorrect_cvc":
            return say("セキュリティコードが正しくありません。", "Your card's security code is incorrect.")
        case "processing_error":
            return say(
                "カードの処理中に問題が起きました。少し待ってからもう一度お試しください。",
                "Your card could not be processed. Please try again in a little while.")
        case "card_velocity_exceeded":
            return say("カードの利用回数か限度額を超えました。", "Your card was used too often or beyond its limit.")
        case "payment_intent_authentication_failure":
            return say("本人認証ができませんでした。もう一度お試しください。", "We could not verify that it is you. Please try again.")
        default:
            // A lost, stolen or suspicious card is told like any other.
            return say("カードが拒否されました。別のカードをお試しください。", "Your card was declined. Please try another card.")
        }
    }

    private static func done(_ session: CheckoutSession, _ say: PageLanguage) -> HTTPResponse {
        let isPaid = session.paymentStatus == .paid
        return message(
            say,
            isPaid ? say("お支払いは完了しています", "This is already paid") : say("お申し込みは完了しています", "This is already done"),
            isPaid
                ? say("もう一度支払う必要はありません。", "There is nothing more to pay.")
                : say("お支払いの確認ができ次第、お店からお知らせします。", "The shop will tell you when the payment has arrived."),
            link: (session.successLocation, say("お店に戻る", "Return to the shop"), "continue"))
    }

    private static func expired(_ session: CheckoutSession, _ say: PageLanguage) -> HTTPResponse {
        message(
            say, say("このページの有効期限が切れました", "This page has expired"),
            say("お支払いは行われていません。お店からもう一度お手続きください。", "Nothing was charged. Please start again from the shop."),
            link: session.cancelURL.map { ($0, say("お店に戻る", "Return to the shop"), "back") })
    }

    /// A page with a few words and a way on.
    static func message(
        _ say: PageLanguage, _ title: String, _ text: String, link: (url: String, text: String, id: String)? = nil,
        status: Int = 200
    ) -> HTTPResponse {
        let way: Markup =
            link.map { "<p><a class=\"button\" id=\"\($0.id)\" href=\"\($0.url)\">\($0.text)</a></p>" } ?? ""
        return PageFrame.response(
            title, "<main class=\"card\"><h1>\(title)</h1><p>\(text)</p>\(way)</main>", language: say.rawValue,
            status: status)
    }
}
