import JSON
import Kernel
import KessaiAPI
import Testing

@Suite struct KessaiAPITests {
    private static let user = UserResponse(
        id: "01a8b0a2-7c00-7000-8000-000000000001", email: HiddenTextDTO("Hana@Example.jp"), name: nil, role: "buyer",
        createdAt: TimeDTO(Timestamp(epochMs: 1_795_233_600_000)))
    private static let userJSON =
        #"{"created_at":"2026-11-21T04:00:00.000Z","email":"Hana@Example.jp","#
        + #""id":"01a8b0a2-7c00-7000-8000-000000000001","name":null,"role":"buyer"}"#

    /// The wire's own words: what is here may only be added to.
    @Test func `every model of accounts has its golden JSON, which fits its schema and reads back`() throws {
        try golden(Self.user, Self.userJSON)
        try golden(
            RegisterRequest(email: HiddenTextDTO("a@example.jp"), password: HiddenTextDTO("ten letters"), name: "花"),
            #"{"email":"a@example.jp","name":"花","password":"ten letters"}"#)
        try golden(
            LoginRequest(email: HiddenTextDTO("a@example.jp"), password: HiddenTextDTO("x")),
            #"{"email":"a@example.jp","password":"x"}"#)
        try golden(
            LoginResponse(accessToken: HiddenTextDTO("a.b/c"), expiresIn: 900),
            #"{"access_token":"a.b/c","expires_in":900,"token_type":"Bearer"}"#)
        try golden(MoneyDTO(Money(16_500, .jpy)), #"{"amount":16500,"currency":"jpy"}"#)
        try golden(TimeDTO(Timestamp(epochMs: 1)), #""1970-01-01T00:00:00.001Z""#)
        try golden(
            APIList([Self.user], nextCursor: "next"),
            #"{"data":[\#(Self.userJSON)],"has_more":true,"next_cursor":"next"}"#)
        try golden(APIList<UserResponse>([], nextCursor: nil), #"{"data":[],"has_more":false,"next_cursor":null}"#)
    }

    private func golden<Model: APIModel & Equatable>(_ model: Model, _ text: String) throws {
        let json = try JSONValue(parsing: text)
        #expect(String(decoding: try model.bytes(), as: UTF8.self) == text)
        #expect(Model.schema.faults(in: json) == [])
        #expect(try Model(validated: json) == model)
    }

    @Test(arguments: [
        #"{"email":"a@b.jp","password":"0123456789"}"#, #"{"email":"a@b.jp","name":null,"password":"0123456789"}"#,
    ])
    func `an optional member may be absent or null`(text: String) throws {
        let json = try JSONValue(parsing: text)
        #expect(RegisterRequest.schema.faults(in: json) == [])
        #expect(try RegisterRequest(validated: json).name == nil)
    }

    @Test func `hidden text shows itself nowhere but on the wire`() {
        let request = LoginRequest(email: HiddenTextDTO("a@example.jp"), password: HiddenTextDTO("hunter2hunter2"))
        var dumped = ""
        dump(request, to: &dumped)
        for text in ["\(request)", String(reflecting: request), dumped] {
            #expect(!text.contains("hunter2"))
            #expect(!text.contains("example"))
        }
    }

    @Test(arguments: [
        (#"{"id":"x","name":[]}"#, "id"), (#"{"id":1}"#, "list"), (#"{"id":128,"list":[]}"#, "id"),
        (#"{"id":1,"list":[{"id":1,"list":[]},{"id":"a"}]}"#, "list[1].id"), (#"{"id":1,"list":{}}"#, "list"),
        (#"{"id":1,"list":[],"at":"yesterday"}"#, "at"), (#"{"id":1.0,"list":[]}"#, "id"), ("[]", ""),
    ])
    func `a model that its JSON does not fit says where`(text: String, path: String) throws {
        let json = try JSONValue(parsing: text)
        #expect(throws: JSONCodingError.mismatch(path: path)) { try Tree(validated: json) }
    }

    @Test func `every kind of value is kept exactly`() throws {
        let kinds = Kinds()
        let json = try kinds.jsonValue()
        #expect(json["long"] == .int(.max))
        #expect(try Kinds(validated: json) == kinds)
        #expect(throws: JSONCodingError.mismatch(path: "unsigned")) { try Kinds(unsigned: .max).jsonValue() }
        #expect(throws: JSONCodingError.mismatch(path: "fraction")) { try Kinds(fraction: .infinity).jsonValue() }
    }
}

/// A model that holds itself.
private struct Tree: APIModel {
    let id: Int8
    let list: [Tree]
    let at: TimeDTO?
    static var schema: Schema { .any }
}

private struct Kinds: APIModel, Equatable {
    var long: Int64 = .max
    var unsigned: UInt64 = 7
    var fraction: Double = 0.5
    var float: Float = 1
    var flag: Bool? = true
    var noFlag: Bool?
    var noCount: Int?
    var noFraction: Double?
    var tags: [String: [Int?]] = ["a": [1, nil, 2]]
    var word: Word? = .two
    static var schema: Schema { .any }

    enum Word: String, Codable {
        case one
        case two
    }
}
