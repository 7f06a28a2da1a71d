internal import Database
internal import Kernel
internal import Notifications
internal import StripeClient

/// The Stripe customer of each user: one, whatever races (S3-NEXT-01).
struct CustomerDirectory: Sendable {
    let database: any Database
    let stripe: any StripeService
    let addresses: any MailAddresses
    let clock: any WallClock

    /// The user's customer, made when there is none. Safe to repeat and to race: every try carries the same key until
    /// Stripe answers. Throws `PaymentError.paymentIntentCreation`, and `DatabaseError`: what Stripe made is found again
    /// by the same key.
    func customer(of userID: String) async throws -> String {
        let now = clock.now()
        let (row, address) = try await database.write { [addresses] tx in
            try (
                CustomerRepository(tx: tx).findOrBegin(userID: userID, at: now),
                addresses.address(ofUser: userID, in: tx)
            )
        }
        if let known = row.stripeCustomerID { return known }
        do {
            if now.since(row.submittedAt) > StripeKeys.lifetime,
                let mine = try await find(userID, address: address)
            {
                return try await store(mine, of: userID)
            }
            let answer: Answer<StripeCustomer>
            do throws(StripeError) {
                answer = try await stripe.createCustomer(
                    CreateCustomer(email: address, metadata: ["kessai_user_id": userID]),
                    key: try StripeKeys.key("customer-\(userID)-\(row.attempt)"))
            } catch {
                guard error.isSettledByReading else { throw error }
                // Stripe keeps that answer for a day: what it made can be read, else the next try has a new key.
                if let mine = try await find(userID, address: address) { return try await store(mine, of: userID) }
                try await beginAnew(userID, after: row.attempt)
                throw error
            }
            return try await store(answer.value.id.rawValue, of: userID)
        } catch let error as StripeError {
            throw PaymentError.paymentIntentCreation(code: error.code, repeatable: !error.isFinalRefusal)
        }
    }

    private func find(_ userID: String, address: Redacted<String>?) async throws(StripeError) -> String? {
        guard let address else { return nil }
        do throws(StripeError) {
            let found = try await stripe.customers(email: address)
            return found.first { $0.metadata["kessai_user_id"] == userID }?.id.rawValue
        } catch {
            throw error.asReading
        }
    }

    private func beginAnew(_ userID: String, after attempt: Int64) async throws {
        let now = clock.now()
        try await database.write { tx in
            try CustomerRepository(tx: tx).beginAnew(userID, after: attempt, at: now)
        }
    }

    /// Forgets a customer that Stripe does not have (any more), so that the next payment makes a new one under a new
    /// key. Changes nothing when another request did it already.
    func forget(_ customerID: String, of userID: String) async throws {
        let now = clock.now()
        try await database.write { tx in
            try CustomerRepository(tx: tx).forget(customerID, of: userID, at: now)
        }
    }

    private func store(_ customerID: String, of userID: String) async throws -> String {
        try await database.write { tx in
            try CustomerRepository(tx: tx).finish(userID: userID, customerID: customerID)
        }
    }
}

/// A user's customer as far as it is known.
struct CustomerRow: Sendable {
    let attempt: Int64
    let stripeCustomerID: String?
    let submittedAt: Timestamp
}

/// Customers in the database, within a transaction.
struct CustomerRepository {
    let tx: Transaction

    /// The user's customer, if it is known.
    func known(userID: String) throws -> String? {
        try tx.row("SELECT stripe_customer_id FROM stripe_customers WHERE user_id = \(userID)")?
            .textOrNil("stripe_customer_id")
    }

    /// The user's row; begun now when there is none.
    func findOrBegin(userID: String, at now: Timestamp) throws -> CustomerRow {
        try tx.send(
            """
            INSERT INTO stripe_customers (user_id, attempt, submitted_at_ms) VALUES (\(userID), 1, \(now))
            ON CONFLICT (user_id) DO NOTHING
            """)
        let row = try tx.row(
            "SELECT attempt, stripe_customer_id, submitted_at_ms FROM stripe_customers WHERE user_id = \(userID)")
        guard let row else { throw DatabaseError.unexpectedRowCount(0) }
        return CustomerRow(
            attempt: try row.int("attempt"), stripeCustomerID: try row.textOrNil("stripe_customer_id"),
            submittedAt: try row.time("submitted_at_ms"))
    }

    /// The attempt came to nothing: the next one has a key of its own.
    func beginAnew(_ userID: String, after attempt: Int64, at now: Timestamp) throws {
        try tx.send(
            """
            UPDATE stripe_customers SET attempt = attempt + 1, submitted_at_ms = \(now)
            WHERE user_id = \(userID) AND attempt = \(attempt) AND stripe_customer_id IS NULL
            """)
    }

    /// The customer is gone: the user's next one is another attempt.
    func forget(_ customerID: String, of userID: String, at now: Timestamp) throws {
        try tx.send(
            """
            UPDATE stripe_customers SET stripe_customer_id = NULL, attempt = attempt + 1, submitted_at_ms = \(now)
            WHERE user_id = \(userID) AND stripe_customer_id = \(customerID)
            """)
    }

    /// Stores the customer unless another request did; returns the one that counts.
    func finish(userID: String, customerID: String) throws -> String {
        try tx.send(
            """
            UPDATE stripe_customers SET stripe_customer_id = \(customerID)
            WHERE user_id = \(userID) AND stripe_customer_id IS NULL
            """)
        guard let counts = try known(userID: userID) else { throw DatabaseError.unexpectedRowCount(0) }
        return counts
    }
}
