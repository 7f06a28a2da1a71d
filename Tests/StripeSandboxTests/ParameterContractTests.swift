import StripeSandbox
import StripeSchemas
import Testing

@testable import StripeSandbox

/// The tables of parameters against Stripe's own description of them: two independent readings.
@Suite struct ParameterContractTests {
    /// What the API takes and the types of Stripe's clients leave out, because card numbers should not reach servers.
    private static let beyondTypes = ["card", "payment_method_data.card", "client_secret"]
    /// What the API took away before the newest version, and says so.
    private static let removed = ["payment_method_types"]

    @Test(arguments: Endpoint.all.map { "\($0.method) \($0.path)" })
    func `an endpoint takes what Stripe's takes, no more and no less`(name: String) throws {
        let endpoint = try #require(Endpoint.all.first { "\($0.method) \($0.path)" == name })
        let described = try #require(
            StripeSchemas.newest.parameters(endpoint.method, endpoint.path), "Stripe has no such operation")
        var ours: [String: Parameter] = [:]
        var unsimulated: [String] = []
        Self.collect(endpoint.parameters, "", into: &ours, &unsimulated)

        func isBelow(_ path: String, _ roots: [String]) -> Bool {
            roots.contains { path == $0 || path.hasPrefix($0 + ".") || path.hasPrefix($0 + "[]") }
        }
        for path in described.keys.sorted() where !path.hasSuffix("[]") && !isBelow(path, unsimulated) {
            #expect(ours[path] != nil, "Stripe takes \(path)")
        }
        for path in ours.keys.sorted() where !isBelow(path, Self.beyondTypes + Self.removed) {
            #expect(described[path] != nil, "Stripe does not take \(path)")
        }
        for (path, theirs) in described {
            guard let mine = ours[path], !mine.isUnsimulated else { continue }
            #expect(mine.isRequired == theirs.isRequired, "\(path) is required: \(theirs.isRequired)")
            #expect(mine.isEmptyable == theirs.isEmptyable, "\(path) is emptyable: \(theirs.isEmptyable)")
            if case .word(let words) = mine.kind, words != PaymentMethodTypes.all {
                #expect(Set(words) == Set(theirs.words), "the words of \(path)")
            }
            switch mine.kind {
            case .integer: #expect(theirs.type == "integer", "\(path)")
            case .boolean: #expect(theirs.type == "boolean", "\(path)")
            case .list: #expect(theirs.type == "array", "\(path)")
            case .hash, .metadata: #expect(theirs.type == "object", "\(path)")
            case .text, .word: #expect(theirs.type == "string", "\(path)")
            case .either: break
            }
        }
    }

    private static func collect(
        _ table: [Parameter], _ path: String, into found: inout [String: Parameter], _ unsimulated: inout [String]
    ) {
        for parameter in table {
            let name = path.isEmpty ? parameter.name : "\(path).\(parameter.name)"
            found[name] = parameter
            if parameter.isUnsimulated { unsimulated.append(name) }
            collect(parameter.kind, name, into: &found, &unsimulated)
        }
    }

    private static func collect(
        _ kind: Parameter.Kind, _ name: String, into found: inout [String: Parameter], _ unsimulated: inout [String]
    ) {
        switch kind {
        case .hash(let members): collect(members, name, into: &found, &unsimulated)
        case .list(let element): collect(element, name + "[]", into: &found, &unsimulated)
        case .either(let kinds): for kind in kinds { collect(kind, name, into: &found, &unsimulated) }
        case .text, .integer, .boolean, .word, .metadata: break
        }
    }

    @Test func `every type of event that the sandbox sends is one of Stripe's`() {
        for type in EventTypes.all where type != "*" { #expect(type.contains(".")) }
        #expect(EventTypes.all.contains("payment_intent.succeeded"))
        #expect(EventTypes.matches("charge.*", "charge.refunded"))
        #expect(!EventTypes.matches("charge.*", "chargeable"))
        #expect(EventTypes.matches("*", "charge.refunded"))
    }
}
