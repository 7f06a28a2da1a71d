import Database

extension Transaction {
    /// Wakes nobody yet: workers poll.
    func notify(_ channel: String) throws {}
}
