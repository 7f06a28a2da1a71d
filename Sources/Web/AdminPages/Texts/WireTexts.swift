internal import HTTP
internal import JSON
internal import PageKit

/// The words of the wire, for people.
extension Text {
    /// A status of an order or of a refund; an unknown one is shown as it is.
    static func status(_ word: String) -> Text { statuses[word] ?? Text(word, word) }

    private static let statuses: [String: Text] = [
        "pending": Text("受付", "pending"),
        "awaiting_payment": Text("支払い待ち", "awaiting payment"),
        "paid": Text("支払い済み", "paid"),
        "partially_refunded": Text("一部返金", "partially refunded"),
        "refunded": Text("全額返金", "refunded"),
        "canceled": Text("取消", "canceled"),
        "needs_review": Text("要確認", "needs review"),
    ]

    /// A refund's status; `pending` is another thing than an order's.
    static func refundStatus(_ word: String) -> Text {
        switch word {
        case "submitted": Text("Stripe の回答待ち", "submitted")
        case "pending": Text("処理中", "pending")
        case "succeeded": Text("返金済み", "succeeded")
        case "failed": Text("失敗(戻ってきた)", "failed")
        case "refused": Text("Stripe が拒否", "refused")
        default: status(word)
        }
    }

    /// The reasons that Stripe knows.
    static let reasons: [(value: String, text: Text)] = [
        ("requested_by_customer", Text("購入者の希望", "requested by the customer")),
        ("duplicate", Text("二重の支払い", "duplicate")),
        ("fraudulent", Text("不正利用", "fraudulent")),
    ]

    static func reason(_ word: String) -> Text { reasons.first { $0.value == word }?.text ?? Text(word, word) }

    /// The kinds of reviews.
    static let reviewKinds: [(value: String, text: Text)] = [
        ("amount_mismatch", Text("金額が違う", "another amount")),
        ("currency_mismatch", Text("通貨が違う", "another currency")),
        ("customer_mismatch", Text("顧客が違う", "another customer")),
        ("order_mismatch", Text("注文が違う", "another order")),
        ("paid_after_cancel", Text("取消後の支払い", "paid after it was canceled")),
        ("duplicate_payment", Text("二重の支払い", "paid twice")),
        ("paid_during_review", Text("確認中の支払い", "paid during a review")),
        ("refund_failed", Text("返金の失敗", "a refund came back")),
    ]

    static func reviewKind(_ word: String) -> Text { reviewKinds.first { $0.value == word }?.text ?? Text(word, word) }

    /// What a form did, by the word in the address that it leads to.
    static let done: [String: Text] = [
        "canceled": Text("注文を取り消しました。", "The order is canceled."),
        "canceling": Text(
            "Stripe の回答を待っています。まもなく取り消されます。", "Stripe has not confirmed yet; the order is being canceled."),
        "refunded": Text("返金しました。", "The refund is made."),
        "refunding": Text(
            "Stripe の回答を待っています。二重に返金されることはありません。",
            "Stripe has not confirmed yet. Nothing is refunded twice."),
        "underway": Text(
            "同じ操作を処理中です。少し待ってから開き直してください。", "The same is being done already; look again in a moment."),
        "resolved": Text("解決しました。", "The review is resolved."),
        "replayed": Text("もう一度実行します。", "It will be done again."),
        "saved": Text("保存しました。", "Saved."),
        "added": Text("追加しました。", "Added."),
    ]

    /// A problem for people; the API's own words where there are no others.
    static func of(_ problem: Problem) -> Text {
        problems[problem.code] ?? Text(problem.detail, problem.detail)
    }

    /// What is wrong with a field, by the API's word for it.
    static func of(_ fault: FieldError) -> Text { Text(faults[fault.code] ?? fault.detail, fault.detail) }

    private static let faults = [
        "missing": "入力してください", "wrong_type": "数で入力してください", "out_of_range": "範囲を超えています",
        "too_short": "短すぎます", "too_long": "長すぎます", "malformed": "形式が正しくありません",
        "not_allowed": "選べない値です", "unknown": "知らない項目です",
    ]

    private static let problems: [String: Text] = [
        "not_allowed": notOperator,
        "form_not_valid": Text(
            "フォームがこのセッションのものではないため、何も実行していません。ページを開き直してください。",
            "The form does not belong to this session; nothing was done. Open the page again."),
        "form_key_missing": Text(
            "フォームの鍵がないため、何も実行していません。ページを開き直してください。",
            "The form has no key of its own; nothing was done. Open the page again."),
        "order_not_found": Text("その注文はありません。", "There is no such order."),
        "product_not_found": Text("その商品はありません。", "There is no such product."),
        "product_exists": Text("その ID の商品はすでにあります。", "A product has this id already."),
        "review_not_found": Text("その確認待ちはありません。", "There is no such review."),
        "dead_letter_not_found": Text(
            "そのデッドレターはもうありません。すでにやり直されています。", "There is no such dead letter any more; it was done again."),
        "nothing_to_refund": nothingLeft,
        "refund_too_large": amountWrong,
        "refund_refused": Text(
            "Stripe が返金を拒否しました。経過に理由があります。", "Stripe refused the refund; the order's story tells why."),
        "review_needs_refund": resolveNote,
        "order_not_cancelable": Text(
            "この状態の注文は取り消せません。", "An order of this status cannot be canceled."),
        "payment_in_progress": Text(
            "銀行が支払いを処理中です。結果を待ってください。", "The bank is working on a payment; wait for its outcome."),
        "too_many_attempts": Text(
            "試行が多すぎます。しばらく待ってください。", "Too many tries; wait a while."),
        "rate_limited": Text(
            "短い時間の要求が多すぎるため、何も実行していません。少し待って、もう一度お試しください。",
            "Too many requests in a short time; nothing was done. Try again in a moment."),
        "unavailable": Text(
            "ただいま応答できません。少し待って、もう一度お試しください。", "It cannot be done now; try again in a moment."),
        "internal_error": Text(
            "サーバーの不具合です。記録されました。", "A fault of ours; it has been logged."),
    ]
}
