import AppTesting
import DatabaseTesting
import HTTP
import JSON
import Kernel
import KernelTesting
import Testing

/// S2-SEC-03. Hostile input to real routes: a 400 that says what to change, on both databases, and never a fault of ours. What
/// is odd but right is taken, and comes back as it was.
@Suite struct HardInputTests {
    /// A body, and what is at fault: `field code`.
    struct Hard: Sendable, CustomTestStringConvertible {
        let what: String
        let body: [UInt8]
        let fault: String
        var testDescription: String { what }

        init(_ what: String, _ body: String, _ fault: String = " malformed") {
            self.init(what, bytes: Array(body.utf8), fault)
        }

        init(_ what: String, bytes: [UInt8], _ fault: String = " malformed") {
            (self.what, body, self.fault) = (what, bytes, fault)
        }

        /// A product whose name is these bytes between quotes.
        init(_ what: String, name: [UInt8], _ fault: String = " malformed") {
            let rest = #"","unit_amount":{"amount":1,"currency":"jpy"}}"#
            self.init(what, bytes: Array(#"{"id":"x","name":""#.utf8) + name + Array(rest.utf8), fault)
        }
    }

    private static let money = #""unit_amount":{"amount":980,"currency":"jpy"}"#

    private static let bodies: [Hard] = [
        Hard("an escaped NUL in text", #"{"id":"x","name":"a\u0000b",\#(money)}"#, "name malformed"),
        Hard(
            "an escaped NUL in text of several lines", #"{"id":"x","name":"a","description":"\u0000",\#(money)}"#,
            "description malformed"),
        Hard("an escaped NUL in a name", #"{"id":"x","na\u0000me":"a",\#(money)}"#),
        Hard("a raw NUL in text", name: [0x61, 0, 0x62]), Hard("a raw tab in text", name: [9]),
        Hard("a NUL after the end", "{}\0"), Hard("nothing but a NUL", "\0"),
        Hard("a lone high surrogate", #"{"name":"\ud800"}"#), Hard("a lone low surrogate", #"{"name":"\udc00"}"#),
        Hard("surrogates in the wrong order", #"{"name":"\udc00\ud800"}"#),
        Hard("a high surrogate before a letter", #"{"name":"\ud800a"}"#),
        Hard("an escape cut short", #"{"name":"\u00"}"#),
        Hard("an escape that is none", #"{"name":"\x41"}"#),
        Hard("a byte that is not UTF-8", name: [0xFF]), Hard("an overlong NUL", name: [0xC0, 0x80]),
        Hard("an overlong slash", name: [0xE0, 0x80, 0xAF]), Hard("a surrogate in UTF-8", name: [0xED, 0xA0, 0x80]),
        Hard("beyond Unicode", name: [0xF4, 0x90, 0x80, 0x80]), Hard("UTF-8 cut short", name: [0xE6, 0xB1]),
        Hard("a byte order mark", "\u{FEFF}{}"), Hard("UTF-16", bytes: [0xFF, 0xFE, 0x7B, 0, 0x7D, 0]),
        Hard("a name twice", #"{"id":"x","id":"y","name":"a",\#(money)}"#),
        Hard("a name twice, once escaped", #"{"id":"x","\u0069d":"y","name":"a",\#(money)}"#),
        Hard("bytes after the end", "{} x"), Hard("two values", "{}{}"), Hard("a comma too many", #"{"id":"x",}"#),
        Hard("a comment", "{/* */}"), Hard("single quotes", "{'id':'x'}"), Hard("an end too early", #"{"id":"x"#),
        Hard("200 levels", String(repeating: "[", count: 200) + String(repeating: "]", count: 200)),
        Hard(
            "200 levels in a field",
            #"{"id":"# + String(repeating: "{\"a\":", count: 200) + "1"
                + String(repeating: "}", count: 201)),
        Hard("60,000 brackets", String(repeating: "[", count: 60_000)),
        Hard("65 levels", String(repeating: "[", count: 65) + String(repeating: "]", count: 65)),
        Hard("64 levels", String(repeating: "[", count: 64) + String(repeating: "]", count: 64), " wrong_type"),
        Hard("no object", "[]", " wrong_type"), Hard("null", "null", " wrong_type"),
        Hard("2^63", #"{"stock":9223372036854775808}"#), Hard("-2^63-1", #"{"stock":-9223372036854775809}"#),
        Hard("a number of 4,000 digits", "{\"stock\":\(String(repeating: "9", count: 4_000))}"),
        Hard("beyond all floating numbers", #"{"stock":1e400}"#),
        Hard("an endless exponent", #"{"stock":1e99999999999}"#),
        Hard("NaN", #"{"stock":NaN}"#), Hard("Infinity", #"{"stock":-Infinity}"#),
        Hard("hexadecimal", #"{"stock":0x10}"#),
        Hard("a zero in front", #"{"stock":01}"#), Hard("a plus in front", #"{"stock":+1}"#),
        Hard("no digit", #"{"stock":-}"#),
        Hard("a fraction of nothing", #"{"stock":1.}"#), Hard("a grouped number", #"{"stock":1_000}"#),
        Hard("a fraction that is whole", #"{"stock":1.0}"#, "stock wrong_type"),
        Hard("an exponent", #"{"stock":1e2}"#, "stock wrong_type"),
        Hard("a minus nought", #"{"stock":-0.0}"#, "stock wrong_type"),
        Hard("a number as text", #"{"stock":"1"}"#, "stock wrong_type"),
        Hard("the largest number there is", #"{"stock":9223372036854775807}"#, "stock out_of_range"),
        Hard(
            "money with a fraction", #"{"unit_amount":{"amount":9.8,"currency":"jpy"}}"#,
            "unit_amount.amount wrong_type"),
        Hard(
            "money as a floating number", #"{"unit_amount":{"amount":980.0,"currency":"jpy"}}"#,
            "unit_amount.amount wrong_type"),
        Hard("a name of another kind", #"{"":1}"#, "? unknown"),
        Hard(
            "4,000 names that nobody knows", "{" + (0..<4_000).map { "\"f\($0)\":1" }.joined(separator: ",") + "}",
            "f0 unknown"),
    ]

    @Test(arguments: TestEngine.all)
    func `hostile JSON is a 400 that says where, and never a fault of ours`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            let chief = try await world.operator()
            for hard in Self.bodies {
                let reply = await world.send(
                    HTTPRequest(
                        "POST", "/api/admin/products",
                        headers: ["Authorization": "Bearer \(chief.token)", "Content-Type": "application/json"],
                        body: hard.body))
                #expect(reply.status == 400, "\(hard.what)")
                #expect(reply.code == "invalid_input", "\(hard.what)")
                let faults = (reply["errors"]?.array ?? []).map {
                    "\($0["field"]?.string ?? "") \($0["code"]?.string ?? "")"
                }
                #expect(faults.contains(hard.fault), "\(hard.what): \(faults.prefix(3))")
                #expect(faults.count <= 20, "\(hard.what)")
                #expect(reply["detail"]?.string?.isEmpty == false)
            }
            try await expectNoFault(world)
        }
    }

    @Test(arguments: TestEngine.all)
    func `text that is odd but right is kept as it was`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            let chief = try await world.operator()
            for (number, name) in [
                "\u{FFFE}\u{FFFF}", "e\u{301} and é", "👩‍👩‍👧", "\u{202E}", "\u{80}\u{9F}\u{A0}", "\u{10FFFF}",
                "'; DROP TABLE x; --", "\\\"%_$1?",
                "${jndi:x}", "<script>",
            ].enumerated() {
                let made = await world.send(
                    "POST", "/api/admin/products", token: chief.token,
                    body: [
                        "id": .string("odd-\(number)"), "name": .string(name),
                        "description": "one\ntwo", "unit_amount": ["amount": 980, "currency": "jpy"],
                    ])
                #expect(made.status == 201, "\(number)")
                let read = await world.send("GET", "/api/admin/products/odd-\(number)", token: chief.token)
                // Byte by byte: composed and decomposed letters are equal to Swift.
                #expect(read["name"]?.string.map { Array($0.utf8) } == Array(name.utf8), "\(number)")
            }
            try await expectNoFault(world)
        }
    }

    @Test(arguments: TestEngine.all)
    func `hostile text in people's names, addresses, notes and devices is refused by its field`(
        engine: TestEngine
    ) async throws {
        try await World.run(on: engine, .passes()) { world in
            let chief = try await world.operator()
            let password = "a long enough password"
            for (path, body, field) in [
                ("/api/auth/register", ["email": "a\0@example.com", "password": .string(password)], "email"),
                ("/api/auth/register", ["email": "a@example.com", "password": "a long enough\0password"], "password"),
                (
                    "/api/auth/register", ["email": "a@example.com", "password": .string(password), "name": "\0"],
                    "name"
                ),
                ("/api/auth/login", ["email": "a@example.com\0", "password": .string(password)], "email"),
                ("/api/checkout/sessions", ["device_id": "device-\0-0001", "product_type": "daypass"], "device_id"),
                ("/api/unlock/daypass", ["device_id": "device-0000001", "purchase_token": "\0"], "purchase_token"),
                ("/api/payments/intent", ["order_id": "\0"], "order_id"),
                ("/api/orders", ["items": [["product_id": "\0", "quantity": 1]]], "items[0].product_id"),
                ("/api/admin/reviews/1/resolve", ["note": "a\0"], "note"),
                ("/api/admin/orders/1/refunds", ["reason": "\0"], "reason"),
            ] as [(String, JSONValue, String)] {
                let reply = await world.send("POST", path, token: chief.token, body: body)
                #expect(reply.status == 400, "\(path)")
                #expect(reply["errors"]?[0]?["field"]?.string == field, "\(path)")
            }
            try await expectNoFault(world)
        }
    }

    @Test(arguments: TestEngine.all)
    func `paths and queries that lie are 400 or 404, whatever they hide`(engine: TestEngine) async throws {
        try await World.run(on: engine, .passes()) { world in
            let chief = try await world.operator()
            func status(_ target: String) async -> (Int, String?) {
                let reply = await world.send("GET", target, token: chief.token)
                return (reply.status, reply.code)
            }
            for id in [
                "%00", "a%00b", "%C0%80", "%C0%AF", "%ED%A0%80", "%F4%90%80%80", "%E6%B1", "%", "%4", "%zz", "%u0041",
                "%-1", "%+1",
            ] {
                for path in [
                    "/api/orders/", "/api/admin/orders/", "/api/admin/products/", "/api/devices/", "/admin/orders/",
                ] {
                    let (status, code) = await status(path + id)
                    #expect(status == 400 && code == "path_not_valid", "\(path)\(id)")
                }
            }
            for id in [
                "1%2F..%2F2", "..", "%2E%2E", "-1", "0", "9223372036854775808", "%EF%BC%91", "1%20", "1%0A",
                "%EF%BF%BF",
                "%27%20OR%201=1", "%2500", String(repeating: "9", count: 2_000),
            ] {
                for path in ["/api/orders/", "/api/admin/orders/", "/api/admin/products/"] {
                    let (status, _) = await status(path + id)
                    #expect(status == 404 || status == 400, "\(path)\(id)")
                }
            }
            for id in [
                "..", "%2E%2E%2F%2E%2E%2F", "a%2Fb%2Fc%2Fd%2Fe", "%EF%BC%91%EF%BC%92%EF%BC%93", "12345678%0A",
                "1234567%2500",
            ] {
                let (status, code) = await status("/api/devices/" + id)
                #expect(status == 400 && code == "invalid_input", "\(id)")
            }
            let many = (0..<2_000).map { "p\($0)=1" }.joined(separator: "&")
            for query in [
                "user=%00%00%00", "user=a%00@example.com", "user=%FF", "user=%C0%80%C0%80", "user=%ED%A0%80", "user=%",
                "number=1&number=2", "number=9223372036854775808", "number=%2B1", "number=+1", "number=1.0",
                "number=1e2",
                "number=%EF%BC%91", "number=0x1", "number=", "number", "=1", "status=paid%00", "limit=1;limit=2",
                "limit[]=1",
                "surprise=1", "LIMIT=1", "%6Cimit=1&limit=1", many, String(repeating: "&", count: 9_000),
                "user=" + String(repeating: "%F0%9F%98%80", count: 300),
            ] {
                let reply = await world.send("GET", "/api/admin/orders?\(query)", token: chief.token)
                #expect(reply.status == 400, "\(query.prefix(40))")
                #expect(reply.code == "invalid_input")
                #expect((reply["errors"]?.array?.count ?? 0) <= 20)
            }
            // A name that is encoded is the same name.
            #expect(await status("/api/admin/orders?%6Cimit=1").0 == 200)
            #expect(await status("/api/admin/orders?&&limit=1&&").0 == 200)
            try await expectNoFault(world)
        }
    }

    @Test(arguments: TestEngine.all)
    func `forms and addresses of pages are as hard as the API`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            _ = try await world.operator()
            let browser = Browser(world)
            await browser.logIn()
            let page = await browser.get("/admin/products")
            let good = [
                "id": "cup", "name": "Cup", "description": "", "price": "980", "currency": "jpy", "stock": "",
                "active": "1",
            ]
            for name in ["id", "name", "description", "price", "currency", "stock"] {
                let refused = await browser.submit(page, to: "/admin/add-product", good.merging([name: "1\0"]) { $1 })
                #expect(refused.status == 400, "\(name)")
                #expect(refused.headers["Content-Type"] == "text/html; charset=utf-8")
            }
            for body in ["name=%", "name=%00%FF", "%C0%80=1", String(repeating: "&", count: 9_000), "name=a&name=b"] {
                let sent = await world.send(
                    HTTPRequest(
                        "POST", "/admin/add-product",
                        headers: [
                            "Cookie": browser.jar.map { "\($0.key)=\($0.value)" }.joined(),
                            "Sec-Fetch-Site": "same-origin",
                        ], body: Array(body.utf8)))
                #expect(sent.status == 403, "\(body.prefix(20))")
            }
            for target in [
                "/admin/orders?status=%00", "/admin/orders?user=a%00b&number=%00", "/admin/payments?cursor=%00",
            ] {
                #expect(await browser.get(target).status == 400, "\(target)")
            }
            #expect(await browser.get("/admin/orders?status=%FF").status == 400)
            #expect(await browser.get("/admin/login?return=%00/admin").status == 200)
            let back = await browser.post(
                "/admin/login", ["email": "a\0@example.com", "password": "\0", "return": "/admin\0"])
            #expect(back.status == 401)
            try await expectNoFault(world)
        }
    }

    private func expectNoFault(_ world: World) async throws {
        #expect(world.logs.lines(of: "request_failed").isEmpty)
        #expect(world.logs.lines(of: "database_fault").isEmpty)
        #expect(world.logs.lines.allSatisfy { $0.level < .error })
        #expect(await world.send("GET", "/api/products").status == 200)
    }
}
