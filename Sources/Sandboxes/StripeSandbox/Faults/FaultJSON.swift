import HTTP
import JSON
import Kernel

extension StripeSandboxFault {
    /// What `POST /_sandbox/faults` takes.
    static let schema = Schema.object([
        .required("kind", .oneOf(Kind.allCases.map(\.rawValue))),
        .optional(
            "match",
            .object([
                .optional("method", .string(length: 1...10)), .optional("path", .string(length: 1...500)),
                .optional("key", .string(length: 1...255)), .optional("type", .string(length: 1...100)),
            ])),
        .optional("times", .nullable(.integer(1...1_000_000))),
        .optional("delay_ms", .integer(0...86_400_000)),
        .optional("status", .integer(424...504)),
        .optional("effect", .boolean),
        .optional("kept", .boolean),
        .optional("answer", .oneOf(["503", "connection"])),
    ])

    /// From a body that fits the schema; nil for an unknown kind or status. An outage lasts until it is cleared unless it is
    /// told how many times.
    init?(_ json: JSONValue) {
        guard let kind = json["kind"]?.string.flatMap(Kind.init) else { return nil }
        let status = json["status"]?.int ?? 500
        guard [424, 500, 502, 503, 504].contains(status) else { return nil }
        let match = json["match"]
        self.init(
            kind, method: match?["method"]?.string, path: match?["path"]?.string, key: match?["key"]?.string,
            type: match?["type"]?.string, times: kind == .outage ? nil : 1,
            delay: json["delay_ms"]?.int.map { .milliseconds($0) },
            status: Int(status), hasEffect: json["effect"]?.bool ?? false,
            isKept: json["kept"]?.bool, refusesConnection: json["answer"]?.string == "connection")
        if let times = json["times"] { self.times = times.int.map { Int($0) } }
    }

    /// As `GET /_sandbox/faults` lists it.
    var json: JSONValue {
        var match: JSONObject = [:]
        for (name, value) in [("method", method), ("path", path), ("key", key), ("type", type)] {
            if let value { match[name] = .string(value) }
        }
        var object: JSONObject = [
            "kind": .string(kind.rawValue), "match": .object(match), "times": JSONValue(times.map { Int64($0) }),
        ]
        if let delay { object["delay_ms"] = .int(delay.milliseconds) }
        if kind == .serverError {
            object["status"] = .int(Int64(status))
            object["effect"] = .bool(hasEffect)
            object["kept"] = .bool(isKept ?? hasEffect)
        }
        if kind == .outage { object["answer"] = refusesConnection ? "connection" : "503" }
        return .object(object)
    }
}
