import HTTP
import Kernel

/// What becomes of a request: its answer, how late it is, and whether the client sees it at all.
struct Exchange: Sendable {
    var response: HTTPResponse
    var delay: Duration = .zero
    var fate = Fate.answered

    enum Fate: Sendable {
        /// The client gets the answer.
        case answered
        /// The connection breaks; the client cannot know whether the request took effect.
        case lost
        /// There is no connection.
        case notSent
    }
}
