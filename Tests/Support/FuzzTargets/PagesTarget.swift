internal import HTTP
internal import Kernel
internal import PageKit

@testable internal import AdminPages
@testable internal import DevicePages

extension FuzzTarget {
    /// A path on the first line and header fields on the others: what the pages for people read of them.
    static let pages = FuzzTarget("pages", "cookies, ways back, languages, where a form comes from") {
        { input in
            guard let text = String(validating: input, as: UTF8.self) else { return }
            let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
            var headers = HTTPHeaders()
            for line in lines.dropFirst() {
                guard let colon = line.firstIndex(of: ":") else { continue }
                headers.add(String(line[..<colon]), String(line[line.index(after: colon)...].drop { $0 == " " }))
            }
            var request = HTTPRequest("GET", "/", headers: headers)
            request.head.path = String(lines.first ?? "")
            try PageProperties.checkCookies(request)
            try PageProperties.checkReturn(request.head)
            try PageProperties.checkOrigin(request.head)
        }
    }
}

enum PageProperties {
    /// Each cookie is what a second reading by bytes finds, and nothing when that finds several.
    static func checkCookies(_ request: HTTPRequest) throws {
        let fields = request.head.headers.values("Cookie").map { Array($0.utf8) }
        for name in ["kessai_admin", "__Host-kessai_admin", "kessai_device", "kessai_purchase"] {
            var found: [[UInt8]] = []
            for pair in fields.flatMap({ $0.split(separator: UInt8(ascii: ";")) }) {
                let pair = Array(pair.drop { $0 == UInt8(ascii: " ") })
                if let halves = pair.cut(at: UInt8(ascii: "=")), halves.head == Array(name.utf8) {
                    found.append(halves.rest)
                }
            }
            let expected = found.count == 1 && found[0] != [] ? found[0] : nil
            let cookie = request.cookie(name)
            try hold(cookie.map { Array($0.utf8) } == expected, "the cookie \(name): \(cookie ?? "nil")")
        }
        let cookies = DeviceCookies(isSecure: true, idPrefix: "demo-")
        if let device = cookies.device(of: request) { try hold(isWord(device), "the device \(device)") }
        if let purchase = cookies.purchase(of: request) {
            try hold(isWord(purchase.token.reveal()), "a purchase token")
            try hold(["license", "daypass"].contains(purchase.product), "the product \(purchase.product)")
            try hold(isOneLine(cookies.keeping(purchase)), "a cookie of several lines")
        }
    }

    /// A way back stays among the pages, as a browser resolves it, and is no second log-in.
    static func checkReturn(_ head: HTTPRequestHead) throws {
        for way in [ReturnPath(untrusted: head.path), ReturnPath(of: head)].compactMap({ $0?.text }) {
            try hold(isOneLine(way), "a way back of several lines")
            // As browsers do it: `%2e` is a dot, `\` is a slash, and what has dots alone goes up or stays.
            var segments: [String] = []
            let path = way.prefix { $0 != "?" && $0 != "#" }.replacing("\\", with: "/")
            for segment in path.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
                switch segment.lowercased().replacing("%2e", with: ".") {
                case ".": break
                case "..": _ = segments.popLast()
                default: segments.append(String(segment))
                }
            }
            try hold(way.hasPrefix("/") && segments.first == "admin", "a way back leads to \(way)")
            let isLogin = segments.count > 1 && ["login", "logout"].contains(segments[1])
            try hold(!isLogin, "a way back to the log-in: \(way)")
        }
    }

    /// A form that a browser says is another site's is never taken for ours.
    static func checkOrigin(_ head: HTTPRequestHead) throws {
        let isOurs = PublicOrigin("https://pay.example/kessai").sent(head)
        let sites = head.headers.values("Sec-Fetch-Site")
        if !sites.isEmpty { try hold(isOurs == (sites == ["same-origin"]), "sent from \(sites)") }
        let origins = head.headers.values("Origin")
        if sites.isEmpty, isOurs, let origin = origins.first {
            let hosts = head.headers.values("Host").prefix(1).flatMap { ["http://" + $0, "https://" + $0] }
            let ours = (["https://pay.example"] + hosts).map { $0.lowercased() }
            try hold(origins.count == 1 && ours.contains(origin.lowercased()), "a form of \(origins) is ours")
        }
        _ = Language(head)
    }

    private static func isWord(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { UInt8(ascii: "-") == $0 || Character(UnicodeScalar($0)).isWordLetter }
    }

    static func isOneLine(_ text: String) -> Bool { text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F } }
}

extension Character {
    fileprivate var isWordLetter: Bool { isASCII && (isLetter || isNumber || self == "_") }
}
