internal import JSON
internal import KessaiAPI

extension FuzzTarget {
    /// A line with a model's name and its JSON: what fits the schema is read, and is written as it was read.
    static let models = FuzzTarget("models", "bodies by their schemas, and the models they become") {
        { input in
            let (name, body) = input.cut(at: UInt8(ascii: "\n")) ?? ([], input)
            let known = ModelProperties.all.first { Array($0.name.utf8) == name }
            let chosen = known ?? ModelProperties.all[Int(name.first ?? 0) % ModelProperties.all.count]
            // What is no JSON is the target `json`'s.
            guard let json = try? JSONValue(parsing: body) else { return }
            try chosen.check(json)
        }
    }
}

/// What must hold of one model.
struct ModelProperties: Sendable {
    let name: String
    let check: @Sendable (JSONValue) throws -> Void

    private init<Model: APIModel>(_: Model.Type) {
        name = "\(Model.self)"
        check = { try Self.check($0, as: Model.self) }
    }

    /// Every body that is sent to us, and every answer that the Swift client reads.
    static let all: [ModelProperties] = [
        .init(RegisterRequest.self), .init(LoginRequest.self), .init(CreateIntentRequest.self),
        .init(CreateRefundRequest.self), .init(ResolveReviewRequest.self), .init(CheckoutSessionRequest.self),
        .init(ConfirmPurchaseRequest.self), .init(CreateOrderRequest.self), .init(CreateProductRequest.self),
        .init(LoginResponse.self), .init(UserResponse.self), .init(IntentResponse.self), .init(RefundResponse.self),
        .init(PendingPurchaseDTO.self), .init(DeviceResponse.self), .init(CheckoutSessionResponse.self),
        .init(PurchaseResponse.self), .init(PendingPurchaseResponse.self), .init(OrderResponse.self),
        .init(ProductResponse.self), .init(APIList<OrderResponse>.self), .init(WebhookResponse.self),
        .init(AdminOrderDetailResponse.self), .init(ReconciliationResponse.self), .init(PaymentResponse.self),
    ]

    private static func check<Model: APIModel>(_ json: JSONValue, as _: Model.Type) throws {
        let faults = Model.schema.faults(in: json)
        try hold(faults.count <= 20, "\(faults.count) faults are listed")
        for fault in faults {
            let isPlain = (fault.field + fault.code + fault.detail).utf8.allSatisfy { (0x20...0x7E).contains($0) }
            try hold(isPlain, "a fault repeats what was sent: \(fault)")
        }
        let model: Model
        do {
            model = try Model(validated: json)
        } catch is JSONCodingError {
            return try hold(!faults.isEmpty, "\(Model.self) does not read what its schema takes: \(json.text())")
        }
        let written = try model.jsonValue()
        let again = try Model(validated: written).jsonValue()
        try hold(again.bytes() == written.bytes(), "\(Model.self) is written otherwise: \(written.text())")
        guard faults.isEmpty else { return }
        let own = Model.schema.faults(in: written)
        try hold(own.isEmpty, "\(Model.self) writes what its schema refuses (\(own)): \(written.text())")
    }
}
