import Testing

@testable import Payments

/// What is kept of an event (S4-TOK-01): everything but what proves a purchase.
@Suite struct StoredPayloadTests {
    @Test(arguments: [
        (#"{"success_url":"app://x?purchase_token=kpt_1&a=b","id":"cs"}"#, #"{"success_url":"app://x?","id":"cs"}"#),
        (#"{ "success_url" : "app://x?t=1" , "b" : [1] }"#, #"{ "success_url" : "app://x?" , "b" : [1] }"#),
        (#"{"success_url":"app://x?a=\"quoted\"&t=1","b":2}"#, #"{"success_url":"app://x?","b":2}"#),
        (#"{"success_url":"app:\/\/x?t=1\u0026b","b":2}"#, #"{"success_url":"app:\/\/x?","b":2}"#),
        (#"{"success_url":null,"b":"why?"}"#, #"{"success_url":null,"b":"why?"}"#),
        (#"{"return_url":"https://x/?t=1"}"#, #"{"return_url":"https://x/?"}"#),
        (#"{"cancel_url":"app://x?result=cancel"}"#, #"{"cancel_url":"app://x?result=cancel"}"#),
        (#"{"success_url":"app://x"}"#, #"{"success_url":"app://x"}"#), ("", ""),
        (#"{"success_url"#, #"{"success_url"#),
        (#"{"success_url":"cut?off\"#, #"{"success_url":"cut?"#),
    ])
    func `the query of a return address is cut, and nothing else`(body: String, kept: String) {
        #expect(String(decoding: StoredPayload.of(Array(body.utf8)), as: UTF8.self) == kept)
    }
}
