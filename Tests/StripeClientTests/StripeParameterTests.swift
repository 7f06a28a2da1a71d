import HTTP
import JSON
import Kernel
import KernelTesting
import StripeClient
import Testing

/// Everything that the client can send, against Stripe's own lists of parameters of the pinned version.
@Suite struct StripeParameterTests {
    private static let metadata = ["k": "v"]
    private static let email = Redacted("hanako@example.jp")
    private static let customerID = StripeCustomerID("cus_1")
    private static let created = StripeCreated(from: Timestamp(epochMs: 1000), before: Timestamp(epochMs: 9000))

    @Test func `every parameter that the client sends exists, and none that is required is left out`() async throws {
        let bench = Bench(Array(repeating: .ok([:]), count: 40))
        await callEverything(bench.client)
        let specification = try SampleFile.json("parameters.json")
        #expect(bench.requests.count == 26)
        var seen: Set<String> = []
        for (index, line) in bench.recorder.lines(of: "stripe_call").enumerated() {
            guard case .string(let method) = line["method"], case .string(let path) = line["path"] else {
                Issue.record("a line without method or path")
                continue
            }
            let operation = "\(method) \(path)"
            seen.insert(operation)
            let known = try #require(specification[operation], "\(operation) is not in the specification")
            let names = Set(try #require(known["names"]?.array).compactMap(\.string))
            let sent = Set(try bench.parameters(index).keys.map(Self.general))
            #expect(sent.subtracting(names).isEmpty, "\(operation) sends what Stripe does not know")
            let required = Set(try #require(known["required"]?.array).compactMap(\.string))
            let bases = Set(sent.map { String($0.prefix { $0 != "[" }) })
            #expect(required.subtracting(bases).isEmpty, "\(operation) leaves out what Stripe requires")
        }
        #expect(seen == Set(try #require(specification.object).names))
    }

    @Test func `the kinds of payment are never listed, since the pinned version refuses that`() async throws {
        let bench = Bench(Array(repeating: .ok([:]), count: 40))
        await callEverything(bench.client)
        for index in bench.requests.indices {
            #expect(try bench.parameters(index).keys.allSatisfy { !$0.hasPrefix("payment_method_types") })
        }
    }

    /// `metadata[k]` as the specification has it: `metadata[*]`, `expand[0]`: `expand[]`.
    private static func general(_ name: String) -> String {
        guard let open = name.firstIndex(of: "["), name.hasSuffix("]") else { return name }
        let key = name[name.index(after: open)...].dropLast()
        if name.hasPrefix("metadata[") { return "metadata[*]" }
        return key.allSatisfy(\.isNumber) ? String(name[..<open]) + "[]" : name
    }

    /// Every call with every parameter. The answers are no objects of Stripe's, which does not matter here.
    private func callEverything(_ client: StripeClient) async {
        let key = Sample.key
        let id = Sample.intentID
        let method = StripePaymentMethodID("pm_card_visa")
        let customer = CreateCustomer(
            email: Self.email, name: Redacted("花子"), description: "d", metadata: Self.metadata)
        let intent = CreatePaymentIntent(
            amount: Money(980, .jpy), customer: Self.customerID, description: "d", metadata: Self.metadata,
            receiptEmail: Self.email, statementDescriptorSuffix: "s", setupFutureUsage: .offSession,
            redirects: .always, paymentMethod: method, confirm: true, offSession: true, errorOnRequiresAction: true,
            returnURL: "https://shop.example.jp")
        let update = UpdatePaymentIntent(
            amount: Money(980, .jpy), customer: Self.customerID, description: "d", metadata: Self.metadata,
            receiptEmail: Self.email, paymentMethod: method, setupFutureUsage: .onSession)
        let confirmation = ConfirmPaymentIntent(
            paymentMethod: method, returnURL: "https://shop.example.jp", offSession: true,
            errorOnRequiresAction: true, setupFutureUsage: .onSession, useStripeSDK: true)
        _ = await outcome { try await client.createCustomer(customer, key: key) }
        _ = await outcome { try await client.retrieveCustomer(Self.customerID) }
        _ = await outcome { try await client.updateCustomer(Self.customerID, customer, key: key) }
        _ = await outcome {
            try await client.listCustomers(
                email: Self.email, page: StripePage(limit: 3, startingAfter: Self.customerID))
        }
        _ = await outcome { try await client.searchCustomers(metadata: "k", equals: "v") }
        _ = await outcome { try await client.createPaymentIntent(intent, key: key) }
        _ = await outcome { try await client.retrievePaymentIntent(id, expand: ["latest_charge", "customer"]) }
        _ = await outcome { try await client.updatePaymentIntent(id, update, key: key) }
        _ = await outcome { try await client.confirmPaymentIntent(id, confirmation, key: key) }
        _ = await outcome { try await client.cancelPaymentIntent(id, reason: .abandoned, key: key) }
        _ = await outcome {
            try await client.listPaymentIntents(
                customer: Self.customerID, created: Self.created, page: StripePage(endingBefore: id))
        }
        _ = await outcome { try await client.searchPaymentIntents(metadata: "k", equals: "v") }
        _ = await outcome { try await client.retrieveCharge(StripeChargeID("ch_1")) }
        _ = await outcome { try await client.listCharges(paymentIntent: id, created: Self.created) }
        _ = await outcome { try await client.retrieveDispute(StripeDisputeID("dp_1")) }
        _ = await outcome { try await client.listDisputes(paymentIntent: id, created: Self.created) }
        for target in [CreateRefund.Target.paymentIntent(id), .charge(StripeChargeID("ch_1"))] {
            let refund = CreateRefund(
                target, amount: Money(80, .jpy), reason: .requestedByCustomer, metadata: Self.metadata)
            _ = await outcome { try await client.createRefund(refund, key: key) }
        }
        _ = await outcome { try await client.retrieveRefund(StripeRefundID("re_1")) }
        _ = await outcome {
            try await client.listRefunds(paymentIntent: id, charge: StripeChargeID("ch_1"), created: Self.created)
        }
        _ = await outcome { try await client.retrieveEvent(StripeEventID("evt_1")) }
        _ = await outcome {
            try await client.listEvents(
                types: ["charge.refunded", "invoice.paid"], created: Self.created, deliverySuccess: false)
        }
        _ = await outcome {
            try await client.createWebhookEndpoint(
                CreateWebhookEndpoint(
                    url: "https://shop.example.jp/hook", enabledEvents: ["*"], description: "d",
                    metadata: Self.metadata),
                key: key)
        }
        _ = await outcome { try await client.listWebhookEndpoints() }
        _ = await outcome { try await client.listWebhookEndpoints(page: StripePage(limit: 1)) }
        _ = await outcome { try await client.deleteWebhookEndpoint(StripeWebhookEndpointID("we_1")) }
    }
}
