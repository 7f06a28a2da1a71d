internal import JSON
internal import Kernel

@testable internal import Payments
@testable internal import StripeClient

extension FuzzTarget {
    /// A body whose signature was right: the event, its object in every shape that we read, and what is kept of it.
    static let event = FuzzTarget("event", "Stripe's events and objects") {
        { input in try EventProperties.check(input) }
    }
}

enum EventProperties {
    static func check(_ body: [UInt8]) throws {
        let kept = StoredPayload.of(body)
        try hold(kept.count <= body.count, "more is kept than came: \(body.shown())")
        try hold(StoredPayload.of(kept) == kept, "what is kept is cut again: \(body.shown())")
        _ = StripeErrorBody(body)
        // What is no JSON is the target `json`'s; of what is kept of it nothing is asked.
        guard let json = try? JSONValue(parsing: body) else {
            let taken = try? SignedEvent(verified: body)  // nil is as it should be.
            return try hold(taken == nil, "an event that is no JSON: \(body.shown())")
        }
        try checkEvent(json, body, kept: kept)
        try checkObjects(json)
        if let object = json["data"]?["object"] { try checkObjects(object) }
    }

    private static func checkEvent(_ json: JSONValue, _ body: [UInt8], kept: [UInt8]) throws {
        let rest: JSONValue
        do throws(JSONError) {
            rest = try JSONValue(parsing: kept)
        } catch {
            throw BrokenProperty(description: "what is kept is no JSON: \(body.shown())")
        }
        try checkCut(json, rest, isAddress: false)
        let first = Result { () throws(PaymentError) in try SignedEvent(verified: body) }
        let second = Result { () throws(PaymentError) in try SignedEvent(verified: kept) }
        switch (first, second) {
        case (.failure, .failure): try hold(!isStorable(json), "an event is not taken: \(body.shown())")
        case (.success(let came), .success(let stays)):
            try hold(isStorable(json) && json["id"] == .string(came.id.rawValue), "taken: \(body.shown())")
            try hold(came.id == stays.id && came.type == stays.type, "kept as another: \(kept.shown())")
            try checkReadings(came.reading, stays.reading, body)
        default: try hold(false, "what is kept is read otherwise: \(body.shown())")
        }
    }

    private static func checkReadings(
        _ came: Result<StripeEvent, StripeShapeError>, _ stays: Result<StripeEvent, StripeShapeError>, _ body: [UInt8]
    ) throws {
        switch (came, stays) {
        case (.failure(let one), .failure(let other)): try hold(one == other, "two faults of \(body.shown())")
        case (.success(let one), .success(let other)):
            let isSame =
                one.created == other.created && one.livemode == other.livemode && one.account == other.account
                && OrderObject.orderID(of: one) == OrderObject.orderID(of: other)
                && OrderObject.paymentIntentID(of: one) == OrderObject.paymentIntentID(of: other)
            try hold(isSame, "kept as another event: \(body.shown())")
        default: try hold(false, "what is kept can be read otherwise: \(body.shown())")
        }
    }

    private static func isStorable(_ json: JSONValue) -> Bool {
        (json["id"]?.string ?? "") != ""
            && ["id", "type", "api_version"].allSatisfy { name in
                let text = json[name]?.string ?? ""
                return text.utf8.count <= 200 && PageProperties.isOneLine(text)
            }
    }

    /// What is kept differs in addresses alone: each is the beginning of what it was.
    private static func checkCut(_ before: JSONValue, _ after: JSONValue, isAddress: Bool) throws {
        switch (before, after) {
        case (.string(let whole), .string(let cut)):
            let isSame = isAddress ? whole.utf8.starts(with: cut.utf8) : whole.utf8.elementsEqual(cut.utf8)
            try hold(isSame, "a text is kept as \(cut)")
        case (.array(let ones), .array(let others)) where ones.count == others.count:
            for (one, other) in zip(ones, others) { try checkCut(one, other, isAddress: isAddress) }
        case (.object(let ones), .object(let others)) where ones.count == others.count:
            for (one, other) in zip(ones.members, others.members) {
                try hold(one.name.utf8.elementsEqual(other.name.utf8), "a member is kept as \(other.name)")
                let isAddress = ["success_url", "return_url"].contains { one.name.hasSuffix($0) }
                try checkCut(one.value, other.value, isAddress: isAddress)
            }
        default: try hold(before == after, "a value is kept as \(after.text())")
        }
    }

    private static func checkObjects(_ json: JSONValue) throws {
        if let intent = read(StripePaymentIntent.self, json) {
            try hold(json["amount"] == .int(intent.amount.amountMinor), "the intent's amount \(intent.amount)")
            _ = (intent.claimedFacts, intent.succeededFacts)
        }
        if let charge = read(StripeCharge.self, json) {
            try hold(json["amount"] == .int(charge.amount.amountMinor), "the charge's amount \(charge.amount)")
        }
        if let refund = read(StripeRefund.self, json) {
            try hold(json["amount"] == .int(refund.amount.amountMinor), "the refund's amount \(refund.amount)")
        }
        if let dispute = read(StripeDispute.self, json) {
            try hold(json["amount"] == .int(dispute.amount.amountMinor), "the dispute's amount \(dispute.amount)")
        }
        _ = read(StripeCheckoutSession.self, json)
        _ = read(StripeCustomer.self, json)
        _ = read(StripeWebhookEndpoint.self, json)
        _ = read(StripeEvent.self, json)
    }

    /// The object; nil when it has not the shape.
    private static func read<Object: StripeObject>(_: Object.Type, _ json: JSONValue) -> Object? {
        do throws(StripeShapeError) {
            return try Object(json: json)
        } catch {
            return nil
        }
    }
}
