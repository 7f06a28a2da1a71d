import Kernel
import KessaiClient
import Testing

/// The link that opens the app: what the server sends, and what a stranger could.
@Suite struct PurchaseReturnTests {
    private static let returnURLs = ["timekeeper://purchase", "https://app.example.com/back"]
    private static let token = "kpt_0123456789abcdefghijklmnopqrstuvwxyz-_ABCDE"
    private static let whole = "product_type=license&purchase_token=\(token)&session_id=cs_test_a1B2"

    @Test(arguments: returnURLs)
    func `a finished purchase is read, with its token hidden`(address: String) throws {
        let link = "\(address)?result=success&\(Self.whole)"
        guard case .paid(let paid) = PurchaseReturn(link, returnURLs: Self.returnURLs) else {
            throw Unexpected(what: link)
        }
        #expect(paid.product == .license)
        #expect(paid.token.reveal() == Self.token)
        #expect(paid.sessionID == "cs_test_a1B2")
        #expect(!"\(paid)".contains("kpt_"))
    }

    @Test func `a purchase that was left is read`() {
        let link = "timekeeper://purchase?result=cancel&product_type=daypass"
        #expect(PurchaseReturn(link, returnURLs: Self.returnURLs) == .canceled(.daypass))
    }

    @Test(arguments: ["&utm_source=mail", "&fbclid=1&fbclid=2", "&", "&&"])
    func `what a link collects on its way is passed over`(tail: String) {
        let link = "https://app.example.com/back?result=success&\(Self.whole)\(tail)"
        #expect(PurchaseReturn(link, returnURLs: Self.returnURLs) != nil)
    }

    @Test(arguments: [
        "", "?", "timekeeper://purchase", "timekeeper://purchase?", "timekeeper://purchase?result=success",
        // Another address than was given out.
        "timekeeper://other?result=success&\(whole)", "TIMEKEEPER://purchase?result=success&\(whole)",
        "timekeeper://purchase/?result=success&\(whole)",
        "https://app.example.com.evil.example/back?result=success&\(whole)",
        "https://app.example.com/back/../x?result=success&\(whole)",
        "evil://x?y=timekeeper://purchase?result=success&\(whole)",
        // Members that come twice, or with another result.
        "timekeeper://purchase?result=success&result=success&\(whole)",
        "timekeeper://purchase?result=success&\(whole)&purchase_token=kpt_2",
        "timekeeper://purchase?result=success&\(whole)&%70urchase_token=kpt_2",
        "timekeeper://purchase?result=cancel&\(whole)", "timekeeper://purchase?result=maybe&\(whole)",
        "timekeeper://purchase?RESULT=success&\(whole)", "timekeeper://purchase?\(whole)",
        // Members of another shape.
        "timekeeper://purchase?result=success&product_type=gold&purchase_token=kpt_1&session_id=cs_1",
        "timekeeper://purchase?result=success&product_type=license&purchase_token=&session_id=cs_1",
        "timekeeper://purchase?result=success&product_type=license&purchase_token=a%0Ab&session_id=cs_1",
        "timekeeper://purchase?result=success&product_type=license&purchase_token=a%22b&session_id=cs_1",
        "timekeeper://purchase?result=success&product_type=license&purchase_token=a+b&session_id=cs_1",
        "timekeeper://purchase?result=success&product_type=license&purchase_token=%C3%A9&session_id=cs_1",
        "timekeeper://purchase?result=success&product_type=license&purchase_token=%FF&session_id=cs_1",
        "timekeeper://purchase?result=success&product_type=license&purchase_token=kpt_1%&session_id=cs_1",
        "timekeeper://purchase?result=success&product_type=license&purchase_token=kpt_1&session_id=pi_1",
        "timekeeper://purchase?result=success&product_type=license&purchase_token=kpt_1&session_id=cs_",
        "timekeeper://purchase?result=success&product_type=license&purchase_token=kpt_1&session_id=cs_../1",
        "timekeeper://purchase?result=success&product_type=license&purchase_token=kpt_1&session_id={CHECKOUT_SESSION_ID}",
        "timekeeper://purchase?result=success&product_type=license&purchase_token=\(String(repeating: "a", count: 201))&session_id=cs_1",
        // Letters that no link has.
        "timekeeper://purchase?result=success&\(whole)#x", " timekeeper://purchase?result=success&\(whole)",
        "timekeeper://purchase?result=success&\(whole)\n", "timekeeper://purchase?result=success&\(whole)&x=é",
        "timekeeper://purchase?result=success&\(whole)&x=\(String(repeating: "a", count: 4096))",
    ])
    func `a hostile link is nothing`(link: String) {
        #expect(PurchaseReturn(link, returnURLs: Self.returnURLs) == nil)
    }

    @Test func `no address that was given out, no return`() {
        #expect(PurchaseReturn("timekeeper://purchase?result=success&\(Self.whole)", returnURLs: []) == nil)
    }
}
