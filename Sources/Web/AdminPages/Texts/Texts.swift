internal import PageKit

/// The pages' words.
extension Text {
    static let navigation = Text("管理画面", "Administration")
    static let orders = Text("注文", "Orders")
    static let payments = Text("支払い", "Payments")
    static let reviews = Text("確認待ち", "Reviews")
    static let deadLetters = Text("デッドレター", "Dead letters")
    static let products = Text("商品", "Products")

    static let loginTitle = Text("管理画面にログイン", "Log in to the administration")
    static let logIn = Text("ログイン", "Log in")
    static let logOut = Text("ログアウト", "Log out")
    static let email = Text("メールアドレス", "E-mail")
    static let password = Text("パスワード", "Password")
    static let goOn = Text("ログイン済みなら、ここから続ける", "Already logged in? Continue here")
    static let loggedOut = Text("ログアウトしました。", "You are logged out.")
    static let sessionOver = Text(
        "ログインしてください。期限切れで送信できなかった操作は、実行されていません。",
        "Please log in. If a form was sent after the session had ended, nothing was done.")
    static let loginWrong = Text(
        "メールアドレスまたはパスワードが違います。", "The address or the password is wrong.")
    static let notOperator = Text(
        "このアカウントは運営者ではありません。", "This account is not an operator's.")

    static let problem = Text("できませんでした", "That did not work")
    static let back = Text("戻る", "Back")
    static let next = Text("次のページ", "Next page")
    static let first = Text("最初のページ", "First page")
    static let nothing = Text("ありません。", "There is nothing.")
    static let search = Text("絞り込む", "Filter")
    static let reset = Text("解除", "Clear")
    static let any = Text("すべて", "All")

    static let number = Text("番号", "No.")
    static let order = Text("注文", "Order")
    static let statusWord = Text("状態", "Status")
    static let total = Text("合計", "Total")
    static let refunded = Text("返金済み", "Refunded")
    static let buyer = Text("購入者", "Buyer")
    static let buyerQuery = Text("購入者(メールまたは ID)", "Buyer (e-mail or id)")
    static let noBuyer = Text("アカウントなし", "no account")
    static let placed = Text("注文日時", "Placed")
    static let paid = Text("支払日時", "Paid")
    static let canceledAt = Text("取消日時", "Canceled")
    static let expires = Text("支払期限", "To be paid by")
    static let cancelRequested = Text("取消処理中(開始)", "Being canceled since")
    static let disputed = Text("異議申し立て(チャージバック)", "Disputed by the bank")
    static let yes = Text("あり", "yes")
    static let no = Text("なし", "no")

    static let lines = Text("明細", "Lines")
    static let product = Text("商品", "Product")
    static let quantity = Text("数量", "Quantity")
    static let unitPrice = Text("単価", "Unit price")
    static let amount = Text("金額", "Amount")
    static let refunds = Text("返金", "Refunds")
    static let story = Text("経過", "What happened")
    static let time = Text("日時", "Time")
    static let intent = Text("PaymentIntent", "Payment intent")
    static let charge = Text("Charge", "Charge")
    static let applied = Text("扱い", "Kept as")
    static let appliedYes = Text("注文の支払い", "payment of the order")
    static let appliedNo = Text("要返金", "owed back")
    static let reason = Text("理由", "Reason")
    static let stripeRefund = Text("Stripe の返金", "Refund at Stripe")

    static let cancelOrder = Text("注文を取り消す…", "Cancel the order…")
    static let cancelTitle = Text("注文を取り消しますか", "Cancel this order?")
    static let cancelNote = Text(
        "未払いの注文を取り消します。Stripe 側の支払いも先に取り消すため、あとから支払われることはありません。在庫は戻ります。",
        "The unpaid order is canceled, at Stripe first, so that it cannot be paid any more. The stock is put back.")
    static let doCancel = Text("取り消す", "Cancel the order")

    static let refundOrder = Text("返金する…", "Refund…")
    static let refundTitle = Text("返金", "Refund")
    static let refundPayment = Text("どの支払いから", "Of which payment")
    static let refundAmount = Text("金額(空欄なら残り全額)", "Amount (empty: all that is left)")
    static let refundLeft = Text("返金できる残額", "Left to refund")
    static let refundConfirmTitle = Text("この内容で返金しますか", "Refund this?")
    static let refundNote = Text(
        "返金は取り消せません。購入者の支払い方法に戻ります。", "A refund cannot be taken back. It goes to the buyer's means of payment.")
    static let doRefund = Text("返金を実行する", "Send the refund")
    static let toConfirm = Text("確認へ", "Continue")
    static let amountWrong = Text(
        "金額は 1 以上、残額以下で入力してください。", "The amount must be above zero and at most what is left.")
    static let nothingLeft = Text("返金できる支払いがありません。", "There is nothing left to refund.")

    static let pageTotal = Text("このページの合計", "Total of this page")
    static let csv = Text("CSV(新しい順に最大 10,000 件)", "CSV (the newest 10,000)")

    static let kind = Text("種類", "Kind")
    static let open = Text("未解決", "Open")
    static let resolved = Text("解決済み", "Resolved")
    static let raised = Text("発生日時", "Raised")
    static let note = Text("メモ", "Note")
    static let resolve = Text("解決する…", "Resolve…")
    static let resolveTitle = Text("確認待ちを解決する", "Resolve a review")
    static let resolveNote = Text(
        "返金が必要なお金が残っている間は解決できません。先に注文の画面から返金してください。",
        "A review stays open while its money is owed back: refund it first, on the order's page.")
    static let doResolve = Text("解決する", "Resolve")

    static let about = Text("対象", "About")
    static let tries = Text("試行", "Tries")
    static let error = Text("エラー", "Error")
    static let replay = Text("やり直す", "Do again")

    static let id = Text("ID", "ID")
    static let idHint = Text(
        "英数字と . _ -(空欄なら自動)。あとから変えられません。", "A-Z a-z 0-9 . _ - (empty: made for you). It stays for ever.")
    static let name = Text("名前", "Name")
    static let description = Text("説明", "Description")
    static let price = Text("価格", "Price")
    static let currency = Text("通貨", "Currency")
    static let stock = Text("在庫", "Stock")
    static let stockHint = Text(
        "空欄は無制限。変えなければ、注文による増減はそのままです。",
        "Empty: does not run out. Left as it is, what orders take meanwhile stays taken.")
    static let newStockHint = Text("空欄は無制限。", "Empty: does not run out.")
    static let unlimited = Text("無制限", "unlimited")
    static let active = Text("販売する", "On sale")
    static let onSale = Text("販売中", "on sale")
    static let notOnSale = Text("停止中", "not on sale")
    static let addProduct = Text("商品を追加…", "Add a product…")
    static let addTitle = Text("商品の追加", "Add a product")
    static let save = Text("保存する", "Save")
}
