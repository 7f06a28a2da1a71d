/// One state of a database that stays as it is while it is held, and that cannot be written through. It is read on the
/// caller's own thread, so that a transaction of another database can read it while it runs.
public protocol Snapshot: Sendable {
    /// Runs `body` on the state. Throws what `body` throws, or `DatabaseError`; a statement that writes throws.
    func read<Result>(_ body: (Transaction) throws -> Result) throws -> Result

    /// Whether nobody has committed anything since the state was taken. Lets go of the state: what is read afterwards
    /// may be newer. Throws `DatabaseError`.
    func isStillCurrent() throws -> Bool

    /// Lets go of it. A second call does nothing.
    func close()
}
