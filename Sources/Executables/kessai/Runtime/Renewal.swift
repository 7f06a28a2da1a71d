internal import HTTPServer
internal import Kernel
internal import KessaiApp

/// Reads the certificate anew when the process is sent SIGHUP.
struct Renewal: Sendable {
    let settings: Settings
    let clock: any WallClock
    let log: Log

    /// Renews until the signals end. New connections get the new certificate and those that are open keep theirs; when
    /// the new one is no good, the old one stays, and the log says why.
    func run(_ server: HTTPServer, at hangUps: AsyncStream<Void>) async {
        for await _ in hangUps { renew(server) }
    }

    private func renew(_ server: HTTPServer) {
        do throws(TLSFiles.Fault) {
            guard let certificate = try TLSFiles.certificate(settings.door) else {
                log.info("tls_certificate_not_used")
                return
            }
            guard certificate.validity.upperBound > clock.now() else {
                throw TLSFiles.Fault(setting: "TLS_CERT_FILE", detail: "is out of date")
            }
            server.use(certificate)
            log.info(
                "tls_certificate_loaded", ["valid_until": .string(certificate.validity.upperBound.rfc3339)])
            log.tell(TLSFiles.findings(certificate, publicURL: settings.publicURL, now: clock.now()))
        } catch {
            log.error(
                "tls_certificate_not_loaded", ["name": .string(error.setting), "detail": .string(error.detail)])
        }
    }
}
