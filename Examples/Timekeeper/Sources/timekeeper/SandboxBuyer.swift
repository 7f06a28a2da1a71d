import Foundation
import HTTP

/// Plays the person in front of the page, so that the example runs by itself. A real app opens the page in the browser
/// and waits for its link.
struct SandboxBuyer {
    let sandbox: String
    let transport: any HTTPTransport

    /// Pays with the sandbox's usual test card; returns the link that the browser is sent to.
    func pay(session: String) async throws -> String {
        let response = try await transport.send(
            HTTPClientRequest(
                method: "POST", url: "\(sandbox)/_sandbox/checkout/sessions/\(session)/pay",
                headers: ["Content-Type": "application/json"], body: Array("{}".utf8)))
        guard response.status == 200 else { throw NotPaid() }
        return try JSONDecoder().decode(Answer.self, from: Data(response.body)).url
    }

    private struct Answer: Decodable {
        let url: String
    }
}

/// The sandbox's page took no money.
struct NotPaid: Error {}
