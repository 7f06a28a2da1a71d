/// One try to take money from a card: what decides how it ends, and how it ends.
struct CardAttempt: Sendable {
    let card: TestCard
    /// Whether the card came by number without a CVC.
    var lacksCvc = false
    /// Whether the payer is not there.
    var isOffSession = false
    /// Whether an earlier payment set the card up for use without the payer.
    var isSetUp = false
    /// Whether the merchant asks for authentication whenever the card can.
    var requestsAuthentication = false
    /// Whether the payer has just proved who they are.
    var isAuthenticated = false

    enum Outcome: Equatable, Sendable {
        case approved
        case declined(Decline)
        /// The payer must prove who they are first.
        case needsAuthentication
    }

    /// How the try ends: first the bank wants to know the payer, then it decides about the money.
    var outcome: Outcome {
        if !isAuthenticated {
            switch card.authentication {
            case .none: break
            case .lookupFails: return .declined(.generic)
            case .onRequest where !requestsAuthentication || isOffSession: break
            case .onRequest: return .needsAuthentication
            case .always: return isOffSession ? .declined(.authenticationRequired) : .needsAuthentication
            case .untilSetUp where isOffSession && isSetUp: break
            case .untilSetUp: return isOffSession ? .declined(.authenticationRequired) : .needsAuthentication
            case .onSession where isOffSession: break
            case .onSession: return .needsAuthentication
            }
        }
        guard let decline = card.decline, !(card.declinesOnlyCvc && lacksCvc) else { return .approved }
        return .declined(decline)
    }
}
