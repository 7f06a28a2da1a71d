private import Foundation
internal import HTTPServer
internal import Kernel
internal import KessaiApp

/// The server's certificate and key, as they lie on the disk.
enum TLSFiles {
    /// What is wrong with one of the files.
    struct Fault: Error {
        /// The setting that names the file.
        let setting: String
        /// What to change; no path, as the log has none.
        let detail: String
    }

    /// How long before its end a certificate is warned of.
    private static let warningDays = 14

    /// The certificate of the settings, read anew; nil when TLS is off. Throws `Fault`.
    static func certificate(_ door: DoorSettings) throws(Fault) -> TLSCertificate? {
        guard let files = door.tls else { return nil }
        let certificate = try text(of: files.certificatePath, "TLS_CERT_FILE")
        let key = try text(of: files.keyPath, "TLS_KEY_FILE")
        do throws(TLSCertificateError) {
            return try TLSCertificate(certificatePEM: certificate, keyPEM: Secret(key))
        } catch {
            switch error {
            case .certificateNotReadable(let reason):
                throw Fault(setting: "TLS_CERT_FILE", detail: "holds no certificate in PEM: \(reason)")
            case .keyNotReadable(let reason):
                throw Fault(setting: "TLS_KEY_FILE", detail: "holds no key in PEM without a password: \(reason)")
            case .keyOfAnother:
                throw Fault(setting: "TLS_KEY_FILE", detail: "is not the key of the certificate in TLS_CERT_FILE")
            }
        }
    }

    /// What there is to say of the files before a server starts with them.
    static func findings(_ settings: Settings, now: Timestamp) -> [SettingsFinding] {
        let certificate: TLSCertificate?
        do throws(Fault) {
            certificate = try self.certificate(settings.door)
        } catch {
            // Whoever mends one of the files should not have to come again for the other.
            let faults = [error, error.setting == "TLS_CERT_FILE" ? unreadableKey(settings.door) : nil]
            return faults.compactMap(\.self).map { .init(gravity: .error, name: $0.setting, detail: $0.detail) }
        }
        guard let certificate, let files = settings.door.tls else { return [] }
        var findings = Self.findings(certificate, publicURL: settings.publicURL, now: now)
        if Machine.isReadableByOthers(files.keyPath) {
            findings.append(
                .init(gravity: .warning, name: "TLS_KEY_FILE", detail: "can be read by every user of this machine"))
        }
        return findings
    }

    /// What there is to say of a certificate.
    static func findings(_ certificate: TLSCertificate, publicURL: String, now: Timestamp) -> [SettingsFinding] {
        var details: [String] = []
        let (from, until) = (certificate.validity.lowerBound, certificate.validity.upperBound)
        if now < from { details.append("is not valid before \(from.rfc3339)") }
        if now >= until {
            details.append("has been out of date since \(until.rfc3339)")
        } else if now.adding(.seconds(warningDays * 86_400)) >= until {
            details.append("is out of date from \(until.rfc3339) on; put a new one there and send SIGHUP")
        }
        if let host = host(of: publicURL), !certificate.covers(host: host) {
            details.append("is not made out to the host of PUBLIC_URL")
        }
        return details.map { .init(gravity: .warning, name: "TLS_CERT_FILE", detail: $0) }
    }

    private static func host(of url: String) -> String? { URLComponents(string: url)?.host }

    private static func unreadableKey(_ door: DoorSettings) -> Fault? {
        guard let path = door.tls?.keyPath else { return nil }
        do throws(Fault) {
            _ = try text(of: path, "TLS_KEY_FILE")
            return nil
        } catch {
            return error
        }
    }

    private static func text(of path: String, _ setting: String) throws(Fault) -> String {
        do {
            return try Machine.text(of: path)
        } catch {
            throw Fault(setting: setting, detail: "names a file that cannot be read")
        }
    }
}
