import JSON
import Kernel
import StripeClient
import Testing

/// Both shapes of every object: of 2024-06-20 and of the newest version.
@Suite struct StripeModelTests {
    @Test func `a payment intent of 2024-06-20 tells its invoice, GEN-04`() throws {
        let intent = try StripePaymentIntent(json: try SampleFile.json("2024-06-20/payment_intent.json"))
        #expect(intent.id == StripePaymentIntentID("pi_3PgafyB7WZ01zgkW0SjxsAJo"))
        #expect(intent.status == .succeeded)
        #expect(intent.amount == Money(980, .jpy))
        #expect(intent.amountReceived == Money(980, .jpy))
        #expect(intent.currency == .jpy)
        #expect(intent.customer == StripeCustomerID("cus_QXg1o8vcGmoR32"))
        #expect(intent.paymentMethod == StripePaymentMethodID("pm_1PgaftB7WZ01zgkWm3waTcFp"))
        #expect(intent.latestCharge == StripeChargeID("ch_3PgafyB7WZ01zgkW0eXkQ1aB"))
        #expect(intent.expandedLatestCharge == nil)
        #expect(intent.invoice == StripeInvoiceID("in_1PgafxB7WZ01zgkWn7Q2b4Yh"))
        #expect(intent.clientSecret?.reveal().hasSuffix("8y1gkM") == true)
        #expect(intent.lastPaymentError == nil)
        #expect(!intent.livemode)
        #expect(intent.created == Timestamp(epochSeconds: 1_719_792_000))
    }

    @Test func `a payment intent of the newest version has no invoice`() throws {
        let intent = try StripePaymentIntent(json: try SampleFile.json("newest/payment_intent.json"))
        #expect(intent.id == StripePaymentIntentID("pi_1PgafyB7WZ01zgkWSjxsAJo3"))
        #expect(intent.status == .requiresPaymentMethod)
        #expect(intent.amount == Money(1099, .usd))
        #expect(intent.invoice == nil)
        #expect(intent.nextAction?.type == "type")
        #expect(intent.lastPaymentError != nil)
    }

    @Test func `a charge of 2024-06-20 tells its invoice, here expanded`() throws {
        let charge = try StripeCharge(json: try SampleFile.json("2024-06-20/charge.json"))
        #expect(charge.status == .succeeded)
        #expect(charge.amount == Money(980, .jpy))
        #expect(charge.amountRefunded == Money(300, .jpy))
        #expect(!charge.refunded)
        #expect(!charge.disputed)
        #expect(charge.paymentIntent == StripePaymentIntentID("pi_3PgafyB7WZ01zgkW0SjxsAJo"))
        #expect(charge.invoice == StripeInvoiceID("in_1PgafxB7WZ01zgkWn7Q2b4Yh"))
        #expect(charge.metadata["order_id"] == "0190b0c8-0000-7000-8000-000000000001")
        #expect(charge.receiptURL?.hasPrefix("https://pay.stripe.com/") == true)
    }

    @Test func `a charge of the newest version is read`() throws {
        let charge = try StripeCharge(json: try SampleFile.json("newest/charge.json"))
        #expect(charge.amount == Money(100, .usd))
        #expect(charge.invoice == nil)
        #expect(charge.paymentIntent == nil)
    }

    @Test func `a refund of either version is read`() throws {
        let failed = try StripeRefund(json: try SampleFile.json("2024-06-20/refund.json"))
        #expect(failed.status == .failed)
        #expect(failed.failureReason == "lost_or_stolen_card")
        #expect(failed.reason == .requestedByCustomer)
        #expect(failed.amount == Money(300, .jpy))
        let newest = try StripeRefund(json: try SampleFile.json("newest/refund.json"))
        #expect(newest.status == .succeeded)
        #expect(newest.charge == StripeChargeID("ch_1PgafuB7WZ01zgkWXYmPNZs8"))
        #expect(newest.paymentIntent == nil)
        #expect(newest.reason == nil)
    }

    @Test func `a dispute of either version is read`() throws {
        let old = try StripeDispute(json: try SampleFile.json("2024-06-20/dispute.json"))
        #expect(old.status == .needsResponse)
        #expect(old.reason == "product_not_received")
        #expect(old.charge == StripeChargeID("ch_3PgafyB7WZ01zgkW0eXkQ1aB"))
        let newest = try StripeDispute(json: try SampleFile.json("newest/dispute.json"))
        #expect(newest.status == .warningNeedsResponse)
        #expect(newest.amount == Money(1000, .usd))
    }

    @Test func `a customer of either version, and a deleted one, is read`() throws {
        let old = try StripeCustomer(json: try SampleFile.json("2024-06-20/customer.json"))
        #expect(old.email == Redacted("hanako@example.jp"))
        #expect(old.metadata["homebiyori_user_id"] == "0190b0c8-0000-7000-8000-000000000002")
        #expect(old.defaultPaymentMethod == StripePaymentMethodID("pm_1PgaftB7WZ01zgkWm3waTcFp"))
        #expect(!old.deleted)
        let newest = try StripeCustomer(json: try SampleFile.json("newest/customer.json"))
        #expect(newest.email == nil)
        #expect(newest.defaultPaymentMethod == nil)
        let deleted = try StripeCustomer(json: try SampleFile.json("newest/deleted_customer.json"))
        #expect(deleted.deleted)
        #expect(deleted.created == nil)
    }

    @Test func `a webhook endpoint of either version is read`() throws {
        let old = try StripeWebhookEndpoint(json: try SampleFile.json("2024-06-20/webhook_endpoint.json"))
        #expect(old.apiVersion == "2024-06-20")
        #expect(old.enabledEvents.count == 3)
        #expect(old.secret == Secret("whsec_sample"))
        let newest = try StripeWebhookEndpoint(json: try SampleFile.json("newest/webhook_endpoint.json"))
        #expect(newest.secret == nil)
        #expect(newest.apiVersion == nil)
    }

    @Test func `an expanded charge is read beside its id`() throws {
        var object = try #require(Sample.intent.object)
        object["latest_charge"] = Sample.charge
        object["customer"] = ["id": "cus_1", "object": "customer", "deleted": true]
        let intent = try StripePaymentIntent(json: .object(object))
        #expect(intent.latestCharge == StripeChargeID("ch_1"))
        #expect(intent.expandedLatestCharge?.status == .succeeded)
        #expect(intent.customer == StripeCustomerID("cus_1"))
    }

    @Test func `the last refusal of an intent is read with its codes`() throws {
        var object = try #require(Sample.intent.object)
        object["last_payment_error"] = [
            "type": "card_error", "code": "card_declined", "decline_code": "lost_card",
            "advice_code": "do_not_try_again", "message": "Your card was declined.", "charge": "ch_1",
        ]
        object["cancellation_reason"] = "abandoned"
        let intent = try StripePaymentIntent(json: .object(object))
        let refusal = try #require(intent.lastPaymentError)
        #expect(refusal.code == "card_declined")
        #expect(refusal.declineCode == "lost_card")
        #expect(refusal.adviceCode == "do_not_try_again")
        #expect(refusal.charge == StripeChargeID("ch_1"))
        #expect(intent.cancellationReason == .abandoned)
    }

    @Test func `words and fields of a later version are taken`() throws {
        var object = try #require(Sample.intent.object)
        object["status"] = "requires_patience"
        object["a_new_field"] = ["with": ["anything", .double(1.5), nil]]
        let intent = try StripePaymentIntent(json: .object(object))
        #expect(intent.status == .unknown("requires_patience"))
        #expect("\(intent.status)" == "requires_patience")
    }

    @Test func `every word of Stripe's lists is known`() throws {
        let lists = try SampleFile.json("words.json")
        func words(_ name: String) throws -> [String] { try #require(lists[name]?.array).compactMap(\.string) }
        func check<Word: StripeWord>(_: Word.Type, _ words: [String]) {
            #expect(!words.isEmpty)
            for word in words {
                #expect(Word(word) != .unknown(word))
                #expect(Word(word).word == word)
            }
            #expect(Set(Word.known.map(\.word)) == Set(words))
        }
        check(StripePaymentIntentStatus.self, try words("payment_intent.status"))
        check(StripeCancellationReason.self, try words("payment_intent.cancellation_reason"))
        check(StripeChargeStatus.self, try words("charge.status"))
        check(StripeDisputeStatus.self, try words("dispute.status"))
        check(StripeRefundReason.self, try words("refund.reason"))
        check(StripeRefundStatus.self, ["pending", "requires_action", "succeeded", "failed", "canceled"])
    }
}
