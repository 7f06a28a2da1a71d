/// What a device can buy.
public enum PassProduct: String, Sendable, CaseIterable, Codable {
    /// The app for ever.
    case license
    /// The app until the end of the day.
    case daypass
}
