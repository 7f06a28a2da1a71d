internal import CurlTransport
internal import HTTP
internal import JSON
internal import Kernel

/// How a demo speaks with the server and the sandbox: through their doors, as a client would.
struct DemoClient {
    let world: DemoWorld
    /// Whose steps fail.
    let system: String

    static let json: HTTPHeaders = ["Content-Type": "application/json"]
    /// How long an event may take to arrive and be applied.
    private static let patience = Duration.seconds(20)

    func get(_ url: String, _ headers: HTTPHeaders = [:], step: String) async throws -> JSONValue {
        try await send(HTTPClientRequest(method: "GET", url: url, headers: headers), expecting: 200, step: step)
    }

    func post(
        _ url: String, _ body: JSONValue, headers: HTTPHeaders = json, expecting status: Int, step: String
    ) async throws -> JSONValue {
        try await send(
            HTTPClientRequest(method: "POST", url: url, headers: headers, body: body.bytes()), expecting: status,
            step: step)
    }

    func send(_ request: HTTPClientRequest, expecting status: Int, step: String) async throws -> JSONValue {
        let answer: HTTPResponse
        do throws(HTTPTransportError) {
            answer = try await world.transport.send(request)
        } catch {
            throw failure(step, "\(error)")
        }
        guard answer.status == status else {
            throw failure(
                step, "answered \(answer.status): \(String(decoding: answer.body.prefix(500), as: UTF8.self))")
        }
        return try JSONValue(parsing: answer.body)
    }

    /// Reads until it is as wanted; `what` says what was waited for in vain.
    func read(
        _ url: String, _ headers: HTTPHeaders = [:], until isWanted: (JSONValue) -> Bool, step: String, _ what: String
    ) async throws -> JSONValue {
        let deadline = world.clock.now().adding(Self.patience)
        while world.clock.now() < deadline {
            let answer = try await get(url, headers, step: step)
            if isWanted(answer) { return answer }
            try await world.clock.sleep(for: .milliseconds(30))
        }
        throw failure(step, "\(what) within \(Self.patience)")
    }

    func failure(_ step: String, _ detail: String) -> DemoFailure {
        DemoFailure(system: system, step: step, detail: detail)
    }
}
