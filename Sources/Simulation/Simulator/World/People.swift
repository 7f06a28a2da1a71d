public import JSON
internal import Kernel

extension SimulatedWorld {
    /// Sends a request as somebody who is logged in, logging in where that is needed.
    public func request(
        as person: String, _ method: String, _ path: String, key: String? = nil, body: JSONValue? = nil
    ) async -> Answer? {
        for _ in 0..<2 {
            guard let token = await token(of: person) else { return nil }
            let answer = await request(method, path, token: token, key: key, body: body)
            guard answer?.status == 401 else { return answer }
            memory.keep(token: nil, of: person)
        }
        return nil
    }

    private func token(of person: String) async -> String? {
        if let known = memory.token(of: person) { return known }
        for _ in 0..<2 {
            let address = memory.facts("address of \(person)").last ?? Self.address(of: person)
            let answer = await request(
                "POST", "/api/auth/login",
                body: ["email": .string(address), "password": .string(Template.password)])
            if let token = answer?["access_token"]?.string {
                memory.keep(token: token, of: person)
                return token
            }
            await wait(.seconds(2))
        }
        return nil
    }

    /// The address of somebody who was there when the history began.
    private static func address(of person: String) -> String { "\(person)@example.com" }

    /// Makes an account for somebody, who is a new user from then on. Where an earlier try made it, and its answer was lost, the
    /// address is taken, and its owner logs in.
    func register(_ person: String) async {
        let address = Self.address(of: "new-\(person)")
        let answer = await persist(
            "POST", "/api/auth/register", key: freshKey(),
            body: ["email": .string(address), "password": .string(Template.password)])
        guard answer?.status == 201 || answer?.code == "email_taken" else { return }
        memory.keep(token: nil, of: person)
        memory.note("address of \(person)", address)
    }

    /// A fresh key for a request.
    func freshKey() -> String { "key-\(chance.alphanumerics(20))" }
}
