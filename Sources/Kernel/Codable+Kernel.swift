extension ID: Codable {
    /// Reads the text of an id that was written by us.
    public init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode(String.self))
    }

    /// Writes the text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}

extension Timestamp: Codable {
    /// Reads epoch milliseconds.
    public init(from decoder: any Decoder) throws {
        self.init(epochMs: try decoder.singleValueContainer().decode(Int64.self))
    }

    /// Writes epoch milliseconds.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(epochMs)
    }
}
