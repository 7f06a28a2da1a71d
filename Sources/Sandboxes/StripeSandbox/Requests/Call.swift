import JSON

/// A request that may execute: who asks, for what, with parameters that were checked.
struct Call: Sendable {
    let cause: Cause
    let version: APIVersion
    /// Whether it came with the publishable key, so from a browser or an app.
    let isClientSide: Bool
    /// The path as sent; a list's `url`.
    let path: String
    /// The ids in the path, in order.
    let ids: [String]
    let parameters: Parameters

    /// The first id of the path.
    var id: String { ids.first ?? "" }
}
