import JSON

/// The parameters of a request after their table has checked them. What was emptied is null; what was not sent is absent.
struct Parameters: Sendable {
    let values: JSONObject

    init(_ values: JSONObject = [:]) { self.values = values }

    /// A value by its name, or by its path within hashes.
    subscript(_ path: String...) -> JSONValue? {
        var value: JSONValue = .object(values)
        for name in path {
            guard let member = value[name] else { return nil }
            value = member
        }
        return value
    }

    func string(_ name: String) -> String? { values[name]?.string }
    func int(_ name: String) -> Int64? { values[name]?.int }
    func bool(_ name: String) -> Bool? { values[name]?.bool }
    func hash(_ name: String) -> Parameters? { values[name]?.object.map { Parameters($0) } }
    func strings(_ name: String) -> [String]? { values[name]?.array?.compactMap(\.string) }
    /// Whether it was sent, also when it was sent empty.
    func has(_ name: String) -> Bool { values[name] != nil }
}
