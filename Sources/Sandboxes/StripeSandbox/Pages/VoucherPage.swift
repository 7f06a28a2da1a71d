import HTTP
import JSON
import Kernel

/// The number to pay by at a convenience store, and the store's part in it.
enum VoucherPage {
    static func answer(_ request: HTTPRequest, _ id: String, _ state: inout SandboxState, _ cause: Cause)
        -> HTTPResponse
    {
        let session = state.paymentIntents[id]?.checkoutSession.flatMap { state.checkoutSessions[$0] }
        let say = PageLanguage(locale: session?.locale, request.head.headers)
        guard let intent = state.paymentIntents[id] else {
            return CheckoutPage.message(
                say, say("お支払い番号が見つかりません", "There is no such number"),
                say("リンクを確認してください。", "Please check the link."), status: 404)
        }
        let link = session.map { ($0.successLocation, say("お店に戻る", "Return to the shop"), "continue") }
        guard case .voucher(let voucher) = intent.nextAction else { return ended(intent, link, say) }
        guard request.head.method == "POST" else { return page(intent, voucher, link?.0, say) }
        let outcome = PercentCoding.pairs(String(decoding: request.body, as: UTF8.self))?.first { $0.name == "outcome" }
        let ending: DelayedOutcome
        switch outcome?.value {
        case "paid": ending = .paid
        case "failed": ending = .failed(.unpaidAtStore)
        default: return page(intent, voucher, link?.0, say, status: 400)
        }
        do throws(StripeError) { _ = try state.settle(id, ending, cause) } catch {
            return ended(intent, link, say)
        }
        return AuthenticationPage.away(voucher.url)
    }

    private static func ended(
        _ intent: PaymentIntent, _ link: (String, String, String)?, _ say: PageLanguage
    ) -> HTTPResponse {
        let text: (title: String, text: String) =
            switch intent.status {
            case .succeeded:
                (
                    say("お支払いが完了しました", "The payment is complete"),
                    say("コンビニでのお支払いを確認しました。", "The store has reported your payment.")
                )
            case .processing:
                (
                    say("お支払いを確認しています", "The payment is on its way"),
                    say("しばらくお待ちください。", "Please wait a little.")
                )
            default:
                (
                    say("このお支払い番号は使えません", "This number is no longer good"),
                    say("期限が過ぎたか、取り消されました。", "It has expired or was canceled.")
                )
            }
        return CheckoutPage.message(say, text.title, text.text, link: link)
    }

    private static func page(
        _ intent: PaymentIntent, _ voucher: Voucher, _ home: String?, _ say: PageLanguage, status: Int = 200
    ) -> HTTPResponse {
        let title = say("コンビニでお支払いください", "Pay at a convenience store")
        let amount = Currency(intent.currency).map { Money(intent.amount, $0).description } ?? "\(intent.amount)"
        let way: Markup =
            home.map {
                "<p><a class=\"button\" id=\"continue\" href=\"\($0)\">\(say("お店に戻る", "Return to the shop"))</a></p>"
            }
            ?? ""
        let body: Markup = """
            <main class="card"><h1>\(title)</h1><p class="amount">\(amount)</p>
            <dl><dt>\(say("お支払い番号", "Payment number"))</dt><dd id="payment_code">\(voucher.code)</dd>
            <dt>\(say("確認番号", "Confirmation number"))</dt><dd>\(voucher.confirmationNumber)</dd>
            <dt>\(say("お支払い期限", "Pay by"))</dt><dd>\(deadline(voucher))</dd>
            <dt>\(say("使えるお店", "Stores"))</dt>
            <dd>\(say("ファミリーマート、ローソン、ミニストップ、セイコーマート", "FamilyMart, Lawson, Ministop, Seicomart"))</dd></dl>
            \(way)<hr><p>\(say(
                "テスト環境です。お店での結果を選んでください。", "This is a test page. Choose what the store reports."))</p>
            <form method="post" class="row"><button id="paid" name="outcome" value="paid">\(say("支払う", "Paid"))</button>
            <button id="failed" name="outcome" value="failed">\(say("支払わない", "Not paid"))</button></form></main>
            """
        return PageFrame.response(title, body, language: say.rawValue, status: status, style: style)
    }

    /// The last minute in Japan, as its clocks show it.
    private static func deadline(_ voucher: Voucher) -> String {
        let local = Timestamp(epochSeconds: voucher.expiresAt + 9 * 3600).rfc3339
        return local.prefix(16).replacing("T", with: " ") + " (JST)"
    }

    private static let style: Markup = """
        body{font-size:16px}.amount{font-size:2rem;font-weight:600;margin:.2rem 0 1rem}
        dt{font-size:.9rem;opacity:.75}dd{margin:0 0 .8rem}
        #payment_code{font-size:1.5rem;font-weight:600;letter-spacing:.08em;font-variant-numeric:tabular-nums}
        hr{border:0;border-top:1px solid var(--line);margin:1.5rem 0}
        """
}
