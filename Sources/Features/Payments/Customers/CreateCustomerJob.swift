internal import Jobs

/// Makes a user's customer at Stripe ahead of the first payment (S3-NEXT-01). Repeating is harmless.
struct CreateCustomerJob: JobArguments {
    static let kind = "payments.create_customer"
    let user: String

    static func definition(_ customers: CustomerDirectory) -> JobDefinition {
        JobDefinition(CreateCustomerJob.self) { arguments, _ in
            _ = try await customers.customer(of: arguments.user)
        }
    }
}
