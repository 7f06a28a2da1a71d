import Accounts
import Audit
import Brakes
import Database
import DatabaseTesting
import HTTP
import Identity
import JSON
import Kernel
import KernelTesting
import Testing

@Suite struct RegistrationTests {
    @Test(arguments: TestEngine.all) func `whoever registers is a buyer, and sees themselves`(
        engine: TestEngine
    ) async throws {
        try await AccountsWorld.with(engine) { world in
            let made = await world.register("Hana@Example.jp")
            #expect(made.status == 201)
            #expect(made.json["email"] == "Hana@Example.jp")
            #expect(made.json["name"] == "花")
            #expect(made.json["role"] == "buyer")
            #expect(made.json["created_at"] == "2026-11-21T04:00:00.000Z")
            #expect(made.json["password"] == nil)
            let me = await world.get("/api/me", token: try await world.token("hana@example.JP"))
            #expect(me.status == 200)
            #expect(me.json == made.json)
            #expect(me.headers["Cache-Control"] == "no-store")
        }
    }

    @Test(arguments: [
        ("hana@example.jp", "HANA@EXAMPLE.JP"), ("zoë@example.jp", "zoe\u{308}@example.jp"),
        ("ÅSA@example.jp", "a\u{30A}sa@example.jp"),
    ])
    func `addresses that differ only in case or composition are one`(first: String, second: String) async throws {
        try await AccountsWorld.with(.sqlite) { world in
            #expect(await world.register(first).status == 201)
            let again = await world.register(second)
            #expect(again.status == 409)
            #expect(again.code == "email_taken")
            #expect(await world.login(second).status == 200)
        }
    }

    @Test(arguments: [
        "ｈａｎａ@example.jp", "hana@ｅｘａｍｐｌｅ.jp", "hana＠example.jp@example.jp", "hana@example．jp", "ﬁona@example.jp",
        "ⓗana@example.jp", "hana\u{200B}@example.jp", "ha\u{AD}na@example.jp", "\u{FEFF}hana@example.jp",
        "hana@ex\u{202E}ample.jp", "\u{2066}hana@example.jp", "ha\u{61C}na@example.jp", "ha\u{85}na@example.jp",
        "ha\u{FE0F}na@example.jp", "ha na@example.jp", "ha\u{3000}na@example.jp", "ha\u{A0}na@example.jp",
        "ﾊﾅ@example.jp", "hana²@example.jp", "\u{1D41A}@example.jp", "hana@ex\u{3002}ample.jp", "hana@ex!ample.jp",
        "hana@ex_ample.jp", "ſana@example.jp", "\u{212A}ana@example.jp\u{2069}", "hana@\u{E0041}example.jp",
        "ha\u{2800}na@example.jp", "\u{3164}@example.jp", "ha\u{1160}na@example.jp", "ha\u{34F}na@example.jp",
        "ha\u{180B}na@example.jp", "ha\u{FFFC}na@example.jp", "ha\u{1D159}na@example.jp", "ha\u{17B4}na@example.jp",
        "hana@-example.jp", "hana@example-.jp", "hana@a.-b.jp", "hana@example.jp-",
    ])
    func `what only looks like an address is none`(address: String) async throws {
        try await AccountsWorld.with(.sqlite) { world in
            for response in [await world.register(address), await world.login(address)] {
                #expect(response.status == 400)
                #expect(response.json["errors"]?[0]?["field"] == "email")
                #expect(response.json["errors"]?[0]?["code"] == "malformed")
            }
        }
    }

    @Test(arguments: [
        "hana+tag@example.jp", "o'neil@example.co.jp", "a.b-c_d@sub.example.jp", "花子@例え.jp", "straße@straße.de",
        "ΣΊΣΥΦΟΣ@example.gr", "σίσυφος@example.gr", "ΐ@example.gr", "İzmir@example.tr", "홍길동@example.kr",
        "ラーメン@example.jp", "がんばれ@example.jp", "हिन्दी@example.in", "hana@123.example.jp",
    ])
    func `addresses of every script are addresses`(address: String) async throws {
        try await AccountsWorld.with(.sqlite) { world in
            #expect(await world.register(address).status == 201)
            #expect(await world.login(address).status == 200)
        }
    }

    @Test(
        arguments: [
            (["email": "hana", "password": "correct horse"], "email", "malformed"),
            (["email": "hana@example.jp", "password": "nine char"], "password", "too_short"),
            (
                ["email": "hana@example.jp", "password": .string(String(repeating: "x", count: 201))], "password",
                "too_long"
            ),
            (["email": "hana@example.jp", "password": "HANA@example.jp"], "password", "not_allowed"),
            (["email": "hana@example.jp", "password": "correct horse", "role": "operator"], "role", "unknown"),
            (["email": "hana@example.jp", "password": "correct horse", "name": ""], "name", "too_short"),
            (
                ["email": "hana@example.jp", "password": "correct horse", "name": "Bob\u{202E}nimda"], "name",
                "malformed"
            ),
            (["email": "hana@example.jp", "password": "correct horse", "name": "\u{2066}x"], "name", "malformed"),
            (["email": "hana@example.jp"], "password", "missing"),
        ] as [(JSONValue, String, String)])
    func `bad input is refused by its field, and its value is not repeated`(
        body: JSONValue, field: String, code: String
    ) async throws {
        try await AccountsWorld.with(.sqlite) { world in
            let response = await world.post("/api/auth/register", body)
            #expect(response.status == 400)
            #expect(response.json["errors"]?[0]?["field"] == .string(field))
            #expect(response.json["errors"]?[0]?["code"] == .string(code))
            #expect(!String(decoding: response.body, as: UTF8.self).contains("hana"))
        }
    }

    @Test func `a password is any 10 to 200 characters, in whatever form they are composed`() async throws {
        try await AccountsWorld.with(.sqlite) { world in
            #expect(await world.register("a@example.jp", password: "がぎぐげござじずぜぞ").status == 201)
            let decomposed = String("がぎぐげござじずぜぞ".flatMap { Array(Self.decomposed($0)) })
            #expect(decomposed.unicodeScalars.count == 20)
            #expect(await world.login("a@example.jp", password: decomposed).status == 200)
            #expect(await world.register("b@example.jp", password: String(repeating: "🐎", count: 200)).status == 201)
        }
    }

    /// か and the combining voiced mark for が, and so on: the plain kana is one code point before the voiced one.
    private static func decomposed(_ character: Character) -> String {
        let scalars = character.unicodeScalars.flatMap { scalar -> [Unicode.Scalar] in
            [Unicode.Scalar(scalar.value - 1), Unicode.Scalar(0x3099)].compactMap { $0 }
        }
        return String(String.UnicodeScalarView(scalars))
    }

    @Test(arguments: TestEngine.all) func `of many who register one address at once, one gets it`(
        engine: TestEngine
    ) async throws {
        try await AccountsWorld.with(engine) { world in
            let statuses = await withTaskGroup(of: Int.self) { group in
                for number in 0..<12 {
                    group.addTask {
                        await world.register(number % 2 == 0 ? "hana@example.jp" : "Hana@example.jp").status
                    }
                }
                return await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
            }
            #expect(statuses == [201: 1, 409: 11])
            let count = try await world.database.read { try $0.row("SELECT COUNT(*) AS n FROM users")?.int("n") }
            #expect(count == 1)
        }
    }

    private struct HookFailed: Error {}

    @Test(arguments: TestEngine.all) func `what is prepared for a user is prepared with them or not at all`(
        engine: TestEngine
    ) async throws {
        let clock = ManualClock()
        let migrations =
            AuditSchema.migrations + BrakesSchema.migrations + AccountsFeature.migrations
            + [Migration("test/0001_prepared", ["CREATE TABLE prepared (user_id TEXT NOT NULL PRIMARY KEY)"])]
        try await withDatabase(engine, migrations: migrations, clock: clock) { database in
            let world = AccountsWorld(database, clock: clock) { user, tx in
                try tx.execute("INSERT INTO prepared (user_id) VALUES (\(user.id))")
                if user.email.reveal().hasPrefix("bad") { throw HookFailed() }
            }
            #expect(await world.register("good@example.jp").status == 201)
            #expect(await world.register("bad@example.jp").status == 500)
            #expect(await world.login("bad@example.jp").status == 401)
            _ = try await world.add("operator@example.jp", role: .operator)
            let rows = try await database.read { try $0.row("SELECT COUNT(*) AS n FROM prepared")?.int("n") }
            #expect(rows == 2)
        }
    }
}
