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
            let answer = await request(
                "POST", "/api/auth/login",
                body: ["email": .string("\(person)@example.com"), "password": .string(Template.password)])
            if let token = answer?["access_token"]?.string {
                memory.keep(token: token, of: person)
                return token
            }
            await wait(.seconds(2))
        }
        return nil
    }

    /// A fresh key for a request.
    func freshKey() -> String { "key-\(chance.alphanumerics(20))" }
}
