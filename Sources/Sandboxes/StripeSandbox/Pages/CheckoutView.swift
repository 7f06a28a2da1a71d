import HTTP
import Kernel

/// How the page of an open Checkout Session looks.
struct CheckoutView {
    let session: CheckoutSession
    let form: CheckoutForm
    let say: PageLanguage
    var faults: [CheckoutForm.Field: String] = [:]

    /// The page, with a notice above the form if there is something to tell.
    func page(_ notice: String?, status: Int = 200) -> HTTPResponse {
        let title = say("お支払い", "Payment")
        let body: Markup = """
            <main class="checkout"><section aria-labelledby="summary">\(back)
            <h1 id="summary">\(title)</h1><p class="total">\(money(session.amountTotal))</p>\(items)</section>
            <section aria-labelledby="how"><p class="test">\(say(
                "テスト環境です。実際のカード番号は入力しないでください。", "This is a test page. Do not enter a real card."))</p>
            \(alert(notice))<form method="post" novalidate>
            \(email)
            <h2 id="how">\(say("お支払い方法", "Payment method"))</h2>\(methods)
            <button class="main" id="pay">\(payText)</button></form></section></main>
            """
        return PageFrame.response(title, body, language: say.rawValue, status: status, style: Self.style)
    }

    private var email: Markup {
        let isFixed = session.customerEmail != nil
        return field(
            .email, say("メールアドレス", "Email"), "type=\"email\" autocomplete=\"email\"", isFixed: isFixed)
    }

    private func money(_ amount: Int64) -> String {
        Currency(session.currency).map { Money(amount, $0).description } ?? "\(amount)"
    }

    private var back: Markup {
        guard let url = session.cancelURL else { return "" }
        return "<p><a id=\"back\" href=\"\(url)\">← \(say("お店に戻る", "Back to the shop"))</a></p>"
    }

    private var payText: String {
        let amount = money(session.amountTotal)
        switch session.submitType {
        case "book": return say("\(amount)で予約する", "Book for \(amount)")
        case "donate": return say("\(amount)を寄付する", "Donate \(amount)")
        default: return say("\(amount)を支払う", "Pay \(amount)")
        }
    }

    private var items: Markup {
        let rows = session.items.map { item -> Markup in
            let each: Markup =
                item.quantity == 1
                ? ""
                : "<small>\(money(item.price.unitAmount)) × \(item.quantity)</small>"
            return "<li><span>\(item.description)\(each)</span><span>\(money(item.amount))</span></li>"
        }
        return """
            <ul class="items">\(Markup(rows))<li class="sum"><span>\(say("合計", "Total"))</span>\
            <span>\(money(session.amountTotal))</span></li></ul>
            """
    }

    private func alert(_ notice: String?) -> Markup {
        let text = notice ?? (faults.isEmpty ? nil : say("入力内容を確認してください。", "Please check what you entered."))
        return text.map { "<p class=\"alert\" id=\"alert\" role=\"alert\">\($0)</p>" } ?? ""
    }

    private var methods: Markup {
        let types = session.types
        let chosen = form.kind(session) ?? types.first
        let card: Markup = types.contains(.card) ? cardFields : ""
        let store: Markup =
            types.contains(.konbini)
            ? """
            <p class="store">\(say(
                "お支払い番号を発行します。3日以内にコンビニでお支払いください。",
                "You get a number to pay by at a convenience store in Japan within 3 days."))</p>
            """ : ""
        guard types.count > 1 else {
            return "<input type=\"hidden\" name=\"method\" value=\"\(chosen?.rawValue ?? "")\">\(card)\(store)"
        }
        let radios = types.map { kind -> Markup in
            let checked: Markup = kind == chosen ? "checked" : ""
            let text = kind == .card ? say("カード", "Card") : say("コンビニ払い", "Convenience store (Konbini)")
            return """
                <label class="choice"><input type="radio" name="method" id="method_\(kind.rawValue)" \
                value="\(kind.rawValue)" \(checked)> \(text)</label>
                """
        }
        return
            """
            <fieldset><legend class="hidden">\(say("お支払い方法", "Payment method"))</legend>\(Markup(radios))\
            \(fault(.method))</fieldset>\(card)\(store)
            """
    }

    private var cardFields: Markup {
        """
        <div class="fields">
        \(field(.cardNumber, say("カード番号", "Card number"),
            "inputmode=\"numeric\" autocomplete=\"cc-number\" placeholder=\"4242 4242 4242 4242\"", isKept: false))
        <div class="pair">\(field(.cardExpiry, say("有効期限（月/年）", "Expiry (MM/YY)"),
            "inputmode=\"numeric\" autocomplete=\"cc-exp\" placeholder=\"12/34\""))
        \(field(.cardCvc, say("セキュリティコード", "Security code"),
            "inputmode=\"numeric\" autocomplete=\"cc-csc\" placeholder=\"123\"", isKept: false))</div>
        \(field(.cardName, say("カードの名義", "Name on card"), "autocomplete=\"cc-name\""))</div>
        """
    }

    /// One field with its label and what is wrong with it. A card's number and code never come back to the page.
    private func field(
        _ name: CheckoutForm.Field, _ label: String, _ attributes: Markup, isKept: Bool = true, isFixed: Bool = false
    ) -> Markup {
        let value: Markup = isKept ? "value=\"\(form[name])\"" : ""
        let state: Markup =
            faults[name] == nil ? "" : "aria-invalid=\"true\" aria-describedby=\"\(name.rawValue)_fault\""
        let fixed: Markup = isFixed ? "readonly" : ""
        return """
            <p class="field"><label for="\(name.rawValue)">\(label)</label><input id="\(name.rawValue)" \
            name="\(name.rawValue)" maxlength="512" \(attributes) \(value) \(state) \(fixed)>\(fault(name))</p>
            """
    }

    private func fault(_ name: CheckoutForm.Field) -> Markup {
        faults[name].map { "<span class=\"fault\" id=\"\(name.rawValue)_fault\">\($0)</span>" } ?? ""
    }

    /// Two columns where there is room, one on a phone. Letters of 16 px and more keep phones from zooming in.
    private static let style: Markup = """
        body{font-size:16px}main.checkout{display:grid;grid-template-columns:1fr 1fr;gap:3rem;max-width:58rem;\
        margin:4vh auto}main.checkout h1{font-size:1rem;font-weight:400;margin:0;opacity:.75}
        main.checkout>section>:first-child{margin-top:0}
        .total{font-size:2.2rem;font-weight:600;margin:.2rem 0 1.5rem}
        .items{list-style:none;margin:0;padding:0}
        .items li{display:flex;justify-content:space-between;gap:1rem;padding:.7rem 0;\
        border-bottom:1px solid var(--line)}.items small{display:block;opacity:.75}
        .items li>:first-child{overflow-wrap:anywhere}.items li>:last-child{white-space:nowrap}
        .items .sum{font-weight:600;border:0}
        .test{background:#fff3cd;color:#664d03;padding:.6rem .8rem;border-radius:.4rem;font-size:.9rem;margin:0 0 1rem}
        .alert{border:1px solid var(--bad);color:var(--bad);padding:.7rem .8rem;border-radius:.4rem}
        main.checkout form{display:block}main.checkout h2{font-size:1rem;margin:1.5rem 0 .6rem}
        .field{margin:0 0 .9rem}.field label{display:block;font-size:.9rem;margin-bottom:.25rem}
        .field input{font:inherit;font-size:16px;width:100%;box-sizing:border-box;padding:.65rem .75rem;\
        border:1px solid #888a;border-radius:.4rem;background:Field;color:FieldText}
        .field input[readonly]{opacity:.7}
        .field input[aria-invalid]{border-color:var(--bad)}
        .field input:focus-visible,button:focus-visible,a:focus-visible{outline:3px solid #635bff88;outline-offset:1px}
        .fault{display:block;color:var(--bad);font-size:.9rem;margin-top:.25rem}
        .pair{display:grid;grid-template-columns:1fr 1fr;gap:.9rem}
        fieldset{border:0;margin:0 0 1rem;padding:0}.choice{display:block;padding:.7rem .75rem;\
        border:1px solid var(--line);border-radius:.4rem;margin-bottom:.5rem;cursor:pointer}
        .hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
        form:has(#method_konbini:checked) .fields,form:has(#method_card:checked) .store{display:none}
        #pay{width:100%;font-size:1.05rem;font-weight:600;padding:.8rem;margin-top:.5rem}
        @media(prefers-color-scheme:dark){:root{--bad:#ff8a8a}}
        @media(max-width:46rem){main.checkout{grid-template-columns:1fr;gap:1.5rem;margin:0}}
        """
}
