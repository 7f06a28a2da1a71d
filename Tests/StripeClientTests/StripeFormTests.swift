import HTTP
import Kernel
import KernelTesting
import Testing

@testable import StripeClient

@Suite struct StripeFormTests {
    @Test func `scalars, lists and hashes are spelled as Stripe reads them`() throws {
        var form = StripeForm()
        form.add("amount", Int64(980))
        form.add("confirm", true)
        form.add("off_session", false)
        form.add("description", "お茶 & cake=1+1 50%")
        form.add("expand", list: ["latest_charge", "customer"])
        form.add("automatic_payment_methods[enabled]", true)
        form.add("nothing", nil as String?)
        form.add("created[gte]", seconds: Timestamp(epochMs: 1_795_233_600_999))
        try form.add(metadata: ["b": "2", "a&b": "1"])
        #expect(
            form.encoded
                == "amount=980&confirm=true&off_session=false&description=%E3%81%8A%E8%8C%B6%20%26%20cake%3D1%2B1%2050%25"
                + "&expand[0]=latest_charge&expand[1]=customer&automatic_payment_methods[enabled]=true"
                + "&created[gte]=1795233600&metadata[a%26b]=1&metadata[b]=2")
    }

    @Test func `what was encoded decodes to what was added`() throws {
        var form = StripeForm()
        try form.add(metadata: ["鍵%5D+": "値\n\"quoted\" \\ %00 +", "empty": ""])
        let pairs = try #require(PercentCoding.pairs(form.encoded))
        #expect(pairs.map(\.name) == ["metadata[empty]", "metadata[鍵%5D+]"])
        #expect(pairs.map(\.value) == ["", "値\n\"quoted\" \\ %00 +"])
    }

    @Test(arguments: [
        ["": "empty key"], ["k[x]": "brackets"], [String(repeating: "k", count: 41): "long key"],
        ["k": String(repeating: "v", count: 501)],
        Dictionary(uniqueKeysWithValues: (0..<51).map { ("k\($0)", "many") }),
    ]) func `metadata beyond Stripe's limits is refused before it is sent`(metadata: [String: String]) async throws {
        let bench = Bench([])
        let error = try await failure {
            try await bench.client.createCustomer(CreateCustomer(metadata: metadata), key: Sample.key)
        }
        #expect(error == .invalidRequest(StripeInvalidRequest(status: nil, code: "metadata_limit", param: "metadata")))
        #expect(error.isDefiniteRefusal)
        #expect(bench.requests.isEmpty)
    }

    @Test func `metadata at Stripe's limits is sent`() throws {
        var form = StripeForm()
        try form.add(
            metadata: Dictionary(
                uniqueKeysWithValues: (10..<60).map {
                    (String(repeating: "鍵", count: 38) + String($0), String(repeating: "値", count: 500))
                }))
        #expect(form.pairs.count == 50)
    }
}
