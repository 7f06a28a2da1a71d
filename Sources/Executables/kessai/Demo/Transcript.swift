internal import CommandWords
internal import JSON

/// What the demo prints: for people, or as JSON lines.
struct Transcript: Sendable {
    let json: Bool

    /// A step that went as it should.
    func step(_ system: String, _ step: String, _ text: String, _ facts: JSONObject = [:]) {
        guard json else { return Terminal.write("  ✓ \(text)\n") }
        var line: JSONObject = ["system": .string(system), "step": .string(step), "ok": true]
        for (name, value) in facts.members { line[name] = value }
        Terminal.write(JSONValue.object(line).text() + "\n")
    }

    /// A headline.
    func title(_ text: String) {
        if !json { Terminal.write("\n\(text)\n") }
    }

    /// The demo did not go as it should.
    func failed(_ failure: DemoFailure) {
        guard json else { return Terminal.write("  ✗ \(failure.step): \(failure.detail)\n") }
        let line: JSONValue = [
            "system": .string(failure.system), "step": .string(failure.step), "ok": false,
            "detail": .string(failure.detail),
        ]
        Terminal.write(line.text() + "\n")
    }

    /// It serves now: how to use it.
    func ready(_ world: DemoWorld) {
        guard json else { return Terminal.write(DemoGuide.text(world)) }
        let logins = world.logins.map { login -> JSONValue in
            [
                "role": .string(login.role), "email": .string(login.email), "password": .string(login.password),
            ]
        }
        let line: JSONValue = [
            "ready": true, "url": .string(world.url), "stripe_url": .string(world.stripeURL),
            "webhook_secret": .string(world.webhookSecret), "secret_key": .string(world.secretKey),
            "publishable_key": .string(world.publishableKey), "logins": .array(logins),
        ]
        Terminal.write(line.text() + "\n")
    }
}

/// Where the demo went wrong.
struct DemoFailure: Error {
    let system: String
    let step: String
    let detail: String
}
