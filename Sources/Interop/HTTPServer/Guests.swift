import HTTP
import Kernel
import Synchronization

/// Counts who is connected, in all and by address.
final class Guests: Sendable {
    /// What is said to a newcomer.
    enum Word {
        case welcome
        /// There are as many connections as there may be.
        case full
        /// The address has as many as it may have.
        case tooMany
    }

    private struct State {
        var all = 0
        var byHousehold: [IPAddress: Int] = [:]
    }

    private let options: HTTPServerOptions
    private let state = Mutex(State())

    init(_ options: HTTPServerOptions) { self.options = options }

    /// How many are connected.
    var count: Int { state.withLock { $0.all } }

    /// Counts a newcomer in, if there is room.
    func enter(_ address: IPAddress) -> Word {
        let isCounted = isCounted(address)
        return state.withLock { state in
            guard state.all < options.connectionsMax else { return .full }
            if isCounted {
                let count = state.byHousehold[address.household, default: 0]
                guard count < options.connectionsPerAddressMax else { return .tooMany }
                state.byHousehold[address.household] = count + 1
            }
            state.all += 1
            return .welcome
        }
    }

    /// Counts out who was counted in.
    func leave(_ address: IPAddress) {
        let isCounted = isCounted(address)
        state.withLock { state in
            state.all -= 1
            guard isCounted, let count = state.byHousehold[address.household] else { return }
            state.byHousehold[address.household] = count > 1 ? count - 1 : nil
        }
    }

    private func isCounted(_ address: IPAddress) -> Bool {
        options.connectionsPerAddressMax > 0 && !options.proxies.trusts(address)
            && !options.unlimited.contains { $0.contains(address) }
    }
}
