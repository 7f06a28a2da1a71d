public import Kernel

/// A customer to be made.
public struct CreateCustomer: Sendable, Equatable {
    /// Where receipts go; personal.
    public var email: Redacted<String>?
    /// The name; personal.
    public var name: Redacted<String>?
    /// Text for our own eyes.
    public var description: String?
    /// Up to 50 keys of 40 characters, values of 500.
    public var metadata: [String: String]

    /// A customer of these parts.
    public init(
        email: Redacted<String>? = nil, name: Redacted<String>? = nil, description: String? = nil,
        metadata: [String: String] = [:]
    ) {
        self.email = email
        self.name = name
        self.description = description
        self.metadata = metadata
    }

    func form() throws(StripeError) -> StripeForm {
        var form = StripeForm()
        form.add("email", email)
        form.add("name", name)
        form.add("description", description)
        try form.add(metadata: metadata)
        return form
    }
}

extension StripeClient {
    private static let customers = "/v1/customers"

    /// Makes a customer. A repeat with the same key answers with the same customer.
    public func createCustomer(
        _ customer: CreateCustomer, key: StripeIdempotencyKey
    ) async throws(StripeError) -> Answer<StripeCustomer> {
        try await perform(.post(Self.customers, try customer.form(), key: key), StripeCustomer.init)
    }

    /// Reads a customer; a deleted one is answered too, with `deleted` set.
    public func retrieveCustomer(_ id: StripeCustomerID) async throws(StripeError) -> Answer<StripeCustomer> {
        try await perform(try .get(Self.customers, id), StripeCustomer.init)
    }

    /// Changes what is given and leaves the rest; metadata keys are merged, and an empty value removes one.
    public func updateCustomer(
        _ id: StripeCustomerID, _ change: CreateCustomer, key: StripeIdempotencyKey
    ) async throws(StripeError) -> Answer<StripeCustomer> {
        try await perform(try .post(Self.customers, id, try change.form(), key: key), StripeCustomer.init)
    }

    /// Lists customers; those of one address (case-sensitive) when it is given.
    public func listCustomers(
        email: Redacted<String>? = nil, page: StripePage<StripeCustomer> = StripePage()
    ) async throws(StripeError) -> Answer<StripeList<StripeCustomer>> {
        var form = StripeForm()
        form.add("email", email)
        form.add(page: page)
        return try await perform(.get(Self.customers, form), StripeList.init)
    }

    /// Finds customers by one metadata value. Stripe's search lags behind writes by up to a minute, so finding nothing
    /// is no proof (S1-USER-07).
    public func searchCustomers(
        metadata key: String, equals value: String, limit: Int = 10
    ) async throws(StripeError) -> Answer<[StripeCustomer]> {
        try await perform(.get("\(Self.customers)/search", .search(metadata: key, value, limit)), StripeList.elements)
    }
}
