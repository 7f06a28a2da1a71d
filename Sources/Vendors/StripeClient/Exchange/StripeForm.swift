import HTTP
public import Kernel

/// Parameters as Stripe takes them: `application/x-www-form-urlencoded`, nested by brackets, lists by index.
struct StripeForm {
    /// The parameters in the order they were added, not encoded.
    private(set) var pairs: [(name: String, value: String)] = []

    /// Adds text; nothing when it is nil. Empty text unsets a field where Stripe allows that.
    mutating func add(_ name: String, _ value: String?) {
        if let value { pairs.append((name, value)) }
    }

    mutating func add(_ name: String, _ value: Int64?) { add(name, value.map { String($0) }) }
    mutating func add(_ name: String, _ value: Bool?) { add(name, value.map { $0 ? "true" : "false" }) }
    mutating func add(_ name: String, _ value: Redacted<String>?) { add(name, value?.reveal()) }
    mutating func add<Subject>(_ name: String, _ id: StripeID<Subject>?) { add(name, id?.rawValue) }
    mutating func add<Word: StripeWord>(_ name: String, word: Word?) { add(name, word?.word) }
    mutating func add(_ name: String, seconds: Timestamp?) { add(name, seconds?.epochSeconds) }

    /// `name[0]=…&name[1]=…`, the form of Stripe's own libraries.
    mutating func add(_ name: String, list: [String]) {
        for (index, element) in list.enumerated() { add("\(name)[\(index)]", element) }
    }

    mutating func add<Element>(page: StripePage<Element>) {
        add("limit", Int64(page.limit))
        add("starting_after", page.startingAfter)
        add("ending_before", page.endingBefore)
    }

    mutating func add(created: StripeCreated?) {
        add("created[gte]", seconds: created?.from)
        add("created[lt]", seconds: created?.before)
    }

    /// `metadata[key]=…`, of the object itself or of one `under` it, sorted by key. Throws `StripeError.invalidRequest` beyond Stripe's limits: 50 keys of 40
    /// characters without brackets, values of 500.
    mutating func add(metadata: [String: String], under parent: String? = nil) throws(StripeError) {
        let fits = metadata.allSatisfy { key, value in
            (1...40).contains(key.count) && !key.contains { $0 == "[" || $0 == "]" } && value.count <= 500
        }
        guard fits, metadata.count <= 50 else {
            throw .invalidRequest(StripeInvalidRequest(status: nil, code: "metadata_limit", param: "metadata"))
        }
        let name = parent.map { "\($0)[metadata]" } ?? "metadata"
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) { add("\(name)[\(key)]", value) }
    }

    /// As it is sent. Brackets of names stay as they are, as Stripe's own libraries send them.
    var encoded: String {
        pairs.map { "\(Self.encoded(name: $0.name))=\(PercentCoding.encode($0.value))" }.joined(separator: "&")
    }

    private static func encoded(name: String) -> String {
        var text = ""
        var word = ""
        for character in name {
            if character == "[" || character == "]" {
                text += PercentCoding.encode(word)
                text.append(character)
                word = ""
            } else {
                word.append(character)
            }
        }
        return text + PercentCoding.encode(word)
    }
}

/// A span of creation times.
public struct StripeCreated: Sendable, Equatable {
    /// From this moment on; whole seconds.
    public var from: Timestamp?
    /// Before this moment; whole seconds.
    public var before: Timestamp?

    /// A span, open where nothing is given.
    public init(from: Timestamp? = nil, before: Timestamp? = nil) {
        self.from = from
        self.before = before
    }
}
