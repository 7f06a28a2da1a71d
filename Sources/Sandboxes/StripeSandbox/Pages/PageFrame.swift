import Crypto
import HTTP

/// What every page of the sandbox has around it.
enum PageFrame {
    static func response(
        _ title: String, _ body: Markup, language: String = "en", refreshes: Bool = false, status: Int = 200,
        style more: Markup = ""
    )
        -> HTTPResponse
    {
        let sheet: Markup = "\(style)\(more)"
        let refresh: Markup = refreshes ? "<meta http-equiv=\"refresh\" content=\"5\">" : ""
        let page: Markup = """
            <!doctype html>
            <html lang="\(language)"><head><meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">\(refresh)
            <title>\(title)</title><style>\(sheet)</style></head>
            <body>\(body)</body></html>
            """
        var response = HTTPResponse.html(page.html, status: status)
        // The pages of payment send their buyers on to any shop and any app after a form.
        response.headers["Content-Security-Policy"] = SecurityHeaders.policy(
            sheetSHA256: Digest.sha256Base64(Array(sheet.html.utf8)), formTargets: nil)
        SecurityHeaders.fill(&response)
        return response
    }

    private static let style: Markup = """
        :root{color-scheme:light dark;--line:#8884;--soft:#8882;--bad:#c22;--good:#2a7a3b}
        body{font:15px/1.5 system-ui,sans-serif;margin:0 auto;max-width:76rem;padding:1.5rem}
        h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}
        table{border-collapse:collapse;width:100%;font-size:.9rem}
        th,td{text-align:left;padding:.35rem .6rem;border-bottom:1px solid var(--line);vertical-align:top}
        th{font-weight:600}code,pre{font:.85rem/1.4 ui-monospace,monospace;overflow-wrap:anywhere}
        pre{background:var(--soft);padding:1rem;border-radius:.4rem;white-space:pre-wrap}
        .bad{color:var(--bad)}.good{color:var(--good)}nav a{margin-right:1rem}
        main.card{max-width:26rem;margin:10vh auto;border:1px solid var(--line);border-radius:.6rem;padding:1.5rem}
        button,.button{font:inherit;padding:.6rem 1.2rem;border-radius:.4rem;border:1px solid var(--line);
        cursor:pointer;text-decoration:none;display:inline-block}
        button.main{background:#635bff;color:#fff;border-color:#635bff}form{display:inline}
        .row{display:flex;gap:.6rem;flex-wrap:wrap;margin-top:1rem}
        @media(max-width:40rem){body{padding:1rem}table{display:block;overflow-x:auto}}
        """
}
