import HTTP
import JSON
import Kernel
import KernelTesting
import StripeClient
import StripeSchemas
import Testing

/// Everything that the client can send, against Stripe's own lists of parameters of the pinned version.
@Suite struct StripeParameterTests {
    private static let metadata = ["k": "v"]
    private static let email = Redacted("hanako@example.jp")
    private static let customerID = StripeCustomerID("cus_1")
    private static let created = StripeCreated(from: Timestamp(epochMs: 1000), before: Timestamp(epochMs: 9000))

    /// The old description too, since a deployment may pin a version before basil.
    @Test(arguments: [StripeSchemas.newest, .old])
    func `every parameter that the client sends exists, and none that is required is left out`(
        schemas: StripeSchemas
    ) async throws {
        let bench = Bench(Array(repeating: .ok([:]), count: 40), apiVersion: schemas.version)
        await callEverything(bench.client)
        #expect(bench.requests.count == 26)
        let lines = bench.recorder.lines(of: "stripe_call")
        #expect(lines.count == bench.requests.count)
        for (index, line) in lines.enumerated() {
            guard case .string(let method) = line["method"], case .string(let path) = line["path"] else {
                Issue.record("a line without method or path")
                continue
            }
            let operation = schemas.operations.first { $0.method == method && Self.withoutNames($0.path) == path }
            let known = try #require(
                operation.flatMap { schemas.parameters($0.method, $0.path) }, "\(method) \(path) does not exist")
            let sent = try bench.parameters(index)
            for (name, value) in sent { Self.check(name, value, known, "\(method) \(path)") }
            let bases = Set(sent.keys.map { String($0.prefix { $0 != "[" }) })
            let required = known.filter { $0.value.isRequired && !$0.key.contains(".") && !$0.key.contains("[") }
            #expect(required.keys.allSatisfy(bases.contains), "\(method) \(path) leaves out what Stripe requires")
        }
    }

    private static func check(
        _ name: String, _ value: String, _ known: [String: StripeParameter], _ operation: String
    ) {
        let parts = name.split(separator: "[").map { $0.hasSuffix("]") ? $0.dropLast() : $0 }
        let isElement = parts.count == 2 && parts[1].allSatisfy(\.isNumber)
        let isMetadata = parts[0] == "metadata"
        let path = isElement || isMetadata ? String(parts[0]) : parts.joined(separator: ".")
        guard let parameter = known[path] else {
            Issue.record("\(operation) sends \(name), which Stripe does not know")
            return
        }
        if isElement || isMetadata {
            #expect(parameter.type == (isMetadata ? "object" : "array") || parameter.type.isEmpty)
            return
        }
        #expect(parameter.words.isEmpty || parameter.words.contains(value), "\(operation) sends \(name)=\(value)")
        switch parameter.type {
        case "integer": #expect(Int64(value) != nil, "\(operation) sends \(name)=\(value)")
        case "boolean": #expect(["true", "false"].contains(value), "\(operation) sends \(name)=\(value)")
        case "string", "": break
        default: Issue.record("\(operation) sends \(name) as a plain value")
        }
    }

    /// `/v1/charges/{charge}` as the client's lines have it: `/v1/charges/{id}`.
    private static func withoutNames(_ path: String) -> String {
        path.split(separator: "/").map { $0.hasPrefix("{") ? "/{id}" : "/\($0)" }.joined()
    }

    @Test func `the kinds of payment are never listed, since the pinned version refuses that`() async throws {
        let bench = Bench(Array(repeating: .ok([:]), count: 40))
        await callEverything(bench.client)
        for index in bench.requests.indices {
            #expect(try bench.parameters(index).keys.allSatisfy { !$0.hasPrefix("payment_method_types") })
        }
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
