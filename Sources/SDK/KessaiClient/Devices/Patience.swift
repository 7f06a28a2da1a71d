/// How long an app waits for something to become so.
public struct Patience: Sendable, Equatable {
    /// How often it asks at most; 1 or more.
    public var triesMax: Int
    /// How long it waits in all, by the pauses between the tries. A pause that does not fit any more is not begun.
    public var waitMax: Duration

    /// 20 tries within two minutes: a buyer looks at the screen meanwhile. Money that comes later (`processing`) takes
    /// longer; ask for it when the app is opened the next time.
    public init(triesMax: Int = 20, waitMax: Duration = .seconds(120)) {
        self.triesMax = triesMax
        self.waitMax = waitMax
    }

    /// The pause where the server names none.
    static let usualPause = Duration.seconds(3)
}
