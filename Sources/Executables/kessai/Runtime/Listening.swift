internal import CommandWords
internal import HTTP
internal import HTTPServer
internal import Kernel
internal import KessaiApp

/// Starts servers, and says what to do where they cannot be.
enum Listening {
    /// What the settings say of the door.
    static func options(_ settings: Settings) -> HTTPServerOptions {
        HTTPServerOptions(
            host: settings.host, port: UInt16(settings.port), connectionsMax: settings.door.connectionsMax,
            connectionsPerAddressMax: settings.door.connectionsPerAddressMax, proxies: settings.door.proxies)
    }

    /// The same with the server's own limits, for what is not the open door of an installation.
    static func start(
        host: String, port: UInt16, chosenWith chosen: String, handler: any HTTPHandler, random: any RandomSource,
        log: Log
    ) throws -> HTTPServer {
        try start(
            HTTPServerOptions(host: host, port: port), chosenWith: chosen, handler: handler, random: random, log: log)
    }

    /// Serves `handler`. Throws `CommandFailure` with the address, why it cannot be had, and the options that name
    /// another (`chosen`).
    static func start(
        _ options: HTTPServerOptions, certificate: TLSCertificate? = nil, chosenWith chosen: String,
        handler: any HTTPHandler, random: any RandomSource, log: Log
    ) throws -> HTTPServer {
        let (host, port) = (options.host, options.port)
        do throws(HTTPServerError) {
            return try HTTPServer.start(options, certificate: certificate, handler: handler, random: random, log: log)
        } catch {
            let place = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
            switch error {
            case .cannotListen(_, _, let reason):
                throw CommandFailure(
                    message: "cannot listen on \(place) (\(reason)): stop what listens there, or choose another place "
                        + "with \(chosen)")
            case .outOfResources(let what):
                throw CommandFailure(message: "cannot listen on \(place): the machine gives no \(what)")
            }
        }
    }
}
