internal import CommandWords
internal import HTTP
internal import HTTPServer
internal import Kernel

/// Starts servers, and says what to do where they cannot be.
enum Listening {
    /// Serves `handler`. Throws `CommandFailure` with the address, why it cannot be had, and the options that name
    /// another.
    static func start(
        host: String, port: UInt16, chosenWith options: String, handler: any HTTPHandler, random: any RandomSource,
        log: Log
    ) throws -> HTTPServer {
        do throws(HTTPServerError) {
            return try HTTPServer.start(
                HTTPServerOptions(host: host, port: port), handler: handler, random: random, log: log)
        } catch {
            let place = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
            switch error {
            case .cannotListen(_, _, let reason):
                throw CommandFailure(
                    message: "cannot listen on \(place) (\(reason)): stop what listens there, or choose another place "
                        + "with \(options)")
            case .outOfResources(let what):
                throw CommandFailure(message: "cannot listen on \(place): the machine gives no \(what)")
            }
        }
    }
}
