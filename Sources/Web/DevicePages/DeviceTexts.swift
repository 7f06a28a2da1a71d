internal import HTTP
internal import PageKit

/// The words of the device's page.
extension Text {
    static let locked = Text("ロック中", "Locked")
    static let unlocked = Text("使えます", "Unlocked")
    static let lockedWhy = Text("ライセンスか1日パスで使えるようになります。", "A licence or a day pass unlocks it.")
    static let forEver = Text("ライセンス購入済み（期限なし）", "Licensed, without end")

    static func until(day: String, zone: String) -> Text {
        Text("\(day) の終わりまで（\(zone)）", "until the end of \(day) (\(zone))")
    }

    static let license = Text("ライセンス", "Licence")
    static let licensed = Text("購入済み", "bought")
    static let notLicensed = Text("なし", "none")
    static let daypasses = Text("これまでの1日パス", "Day passes so far")
    static let device = Text("端末", "Device")
    static let reference = Text("受付番号", "Reference")

    static func product(_ word: String) -> Text { word == "license" ? license : Text("1日パス", "Day pass") }

    static func goOn(_ word: String) -> Text {
        word == "license"
            ? Text("ライセンスの支払いを続ける", "Go on paying: licence") : Text("1日パスの支払いを続ける", "Go on paying: day pass")
    }

    static let daypassWhat = Text("今日の終わりまで使えます。", "Unlocks until the end of today.")
    static let licenseWhat = Text("この端末でずっと使えます。", "Unlocks this device for ever.")

    static func tomorrow(_ price: String) -> Text {
        Text("次の1日パスは \(price) です。", "The next day pass costs \(price).")
    }

    static let demo = Text(
        "デモです。テストカード: 4242 4242 4242 4242 は支払えます。4000 0000 0000 0002 は拒否されます。",
        "This is a demo. Test cards: 4242 4242 4242 4242 pays, 4000 0000 0000 0002 is declined.")
    static let newDevice = Text("別の端末として試す", "Try as another device")

    static let confirmed = Text("ご購入ありがとうございます。お支払いを確認しました。", "Thank you. The payment is confirmed.")
    static let cancelled = Text("購入をやめました。お支払いは行われていません。", "You left without buying. Nothing was charged.")
    static let incomplete = Text(
        "戻り先の情報が足りません。お支払い済みなら、自動的に反映されます。",
        "The way back was not complete. What was paid is delivered by itself.")
    static let becameNew = Text("新しい端末になりました。", "This is another device now.")
    static let check = Text("今すぐ確認", "Check now")
    static let back = Text("端末の画面に戻る", "Back to the device")
    static let problemTitle = Text("できませんでした", "That did not work")

    static func again(_ seconds: Int) -> Text {
        Text("\(seconds)秒後に自動で確認します。", "This page asks again in \(seconds) seconds.")
    }

    /// What to do about a purchase under way (the guidance of P06).
    static func guidance(_ state: String) -> Text {
        switch state {
        case "processing":
            Text(
                "お支払いの確認待ちです。確認でき次第、自動的に反映されます。",
                "Waiting for the payment; it is delivered by itself once it is there.")
        case "delivery_pending":
            Text(
                "お支払いは確認できました。反映を自動的に再試行しています。お問い合わせの際は受付番号をお伝えください。",
                "Paid; the delivery is tried again by itself. Name the reference if you ask about it.")
        case "needs_review":
            Text(
                "お支払いを確認しています。もう一度支払う必要はありません。受付番号をお伝えください。",
                "A person looks at this payment; do not pay again. Name the reference if you ask about it.")
        default:
            Text("お支払いがまだ完了していません。下のボタンから続けられます。", "Not paid yet; the button below goes on with it.")
        }
    }

    /// Whether the API's own words belong below ours: they name the reference, or we have none.
    static func needsDetail(_ problem: Problem) -> Bool {
        ["purchase_in_progress", "purchase_needs_review", "delivery_pending"].contains(problem.code)
            || problems[problem.code] == nil
    }

    /// A refusal in words.
    static func of(_ problem: Problem) -> Text { problems[problem.code] ?? other(problem) }

    private static func other(_ problem: Problem) -> Text {
        problem.status >= 500
            ? Text(
                "今は確認できません。お支払い済みの分が失われることはありません。少し待ってからもう一度お試しください。",
                "This cannot be done right now. Nothing that was paid is lost; please try again in a little while.")
            : Text("その操作はできません。", "That cannot be done.")
    }

    private static let problems: [String: Text] = [
        "license_owned": Text("ライセンスは購入済みです。", "The licence is there already."),
        "rate_limited": Text(
            "アクセスが集中しています。少し待って、もう一度お試しください。", "Too many requests; please try again in a moment."),
        "already_unlocked": Text("今日の分は購入済みです。", "Today is unlocked already."),
        "purchase_in_progress": Text(
            "前のお支払いの確認待ちです。もう一度お支払いいただく必要はありません。",
            "The last purchase waits for its payment. There is no need to pay again."),
        "purchase_token_unknown": Text(
            "この購入は見つかりません。", "There is no such purchase."),
        "purchase_token_of_another_device": Text(
            "別の端末の購入です。購入した端末で開いてください。", "This was bought for another device; open it there."),
        "purchase_token_of_another_product": Text("別の商品の購入です。", "This was bought for another product."),
        "purchase_token_expired": Text(
            "購入の確認期限が過ぎました。お支払い済みの分は反映されています。",
            "The time for this confirmation is over. What was paid is on the device."),
        "purchase_closed": Text(
            "お支払いは行われませんでした。もう一度お手続きください。", "It was not paid. Please start again."),
        "purchase_needs_review": Text(
            "お支払いを担当者が確認しています。もう一度お支払いいただく必要はありません。",
            "A person looks at this payment. There is no need to pay again."),
        "delivery_pending": guidance("delivery_pending"),
        "payment_page_unavailable": Text(
            "決済サービスから返事がありません。二重に請求されることはありません。少し待ってからもう一度お試しください。",
            "The payment service does not answer. Nothing is charged twice; please try again in a little while."),
        "payment_page_refused": Text(
            "決済ページを開けませんでした。請求は行われていません。", "The payment page could not be opened. Nothing was charged."),
        "passes_not_configured": Text("販売の準備ができていません。", "Nothing is sold here yet."),
        "device_unknown": Text(
            "Cookie が必要です。許可してから、端末の画面を開き直してください。",
            "Cookies are needed. Allow them and open the device's page again."),
        "form_not_valid": Text(
            "この画面からの操作ではないため、何もしていません。", "This did not come from the page; nothing was done."),
    ]
}
