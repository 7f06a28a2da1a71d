import CGnuTLS
import CMicroHTTPD
public import Kernel
import Synchronization

/// A certificate, those that vouch for it, and its key.
///
/// `@unchecked Sendable`: nothing of it changes once it is made, and GnuTLS only reads it.
public final class TLSCertificate: @unchecked Sendable {
    /// When it begins to be valid, and when it ends.
    public let validity: ClosedRange<Timestamp>
    private let chain: UnsafeMutablePointer<gnutls_pcert_st>
    private let chainCount: UInt32
    private let key: gnutls_privkey_t

    /// The most certificates of a chain.
    private static let chainMax: UInt32 = 16

    /// A certificate from files' texts in PEM: the server's own and those between it and a root, in any order, and its
    /// key without a password. Throws `TLSCertificateError`.
    public init(certificatePEM: String, keyPEM: Secret) throws(TLSCertificateError) {
        let chain = UnsafeMutablePointer<gnutls_pcert_st>.allocate(capacity: Int(Self.chainMax))
        var count = Self.chainMax
        let read = Self.withDatum(certificatePEM) { datum in
            gnutls_pcert_list_import_x509_raw(
                chain, &count, datum, GNUTLS_X509_FMT_PEM,
                UInt32(GNUTLS_X509_CRT_LIST_SORT.rawValue | GNUTLS_X509_CRT_LIST_IMPORT_FAIL_IF_EXCEED.rawValue))
        }
        guard read >= 0, count > 0 else {
            chain.deallocate()
            throw .certificateNotReadable(Self.words(read))
        }
        var key: gnutls_privkey_t?
        gnutls_privkey_init(&key)
        let imported = Self.withDatum(keyPEM.reveal()) { datum in
            gnutls_privkey_import_x509_raw(key, datum, GNUTLS_X509_FMT_PEM, nil, 0)
        }
        let validity = Self.validity(of: chain)
        guard let key, imported >= 0, let validity, Self.fits(key, chain.pointee.pubkey) else {
            for index in 0..<Int(count) { gnutls_pcert_deinit(chain + index) }
            chain.deallocate()
            gnutls_privkey_deinit(key)
            if imported < 0 { throw .keyNotReadable(Self.words(imported)) }
            if validity == nil { throw .certificateNotReadable("it has no dates") }
            throw .keyOfAnother
        }
        self.chain = chain
        chainCount = count
        self.key = key
        self.validity = validity
    }

    deinit {
        for index in 0..<Int(chainCount) { gnutls_pcert_deinit(chain + index) }
        chain.deallocate()
        gnutls_privkey_deinit(key)
    }

    /// Whether it is made out to a host.
    public func covers(host: String) -> Bool {
        Self.withCertificate(chain) { gnutls_x509_crt_check_hostname($0, host) != 0 } ?? false
    }

    // MARK: Serving

    /// What is spoken: TLS 1.2 and 1.3, keys that are forgotten after each connection, and ciphers that vouch for what
    /// they hide.
    static let priorities =
        "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA:"
        + "-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:-MAC-ALL:+AEAD:%SERVER_PRECEDENCE"

    /// GnuTLS asks it for the certificate of a connection that is being greeted, on the loop's thread.
    static var giver: UnsafeMutableRawPointer {
        let give:
            @convention(c) (
                gnutls_session_t?, UnsafePointer<gnutls_datum_t>?, Int32, UnsafePointer<gnutls_pk_algorithm_t>?, Int32,
                UnsafeMutablePointer<UnsafeMutablePointer<gnutls_pcert_st>?>?, UnsafeMutablePointer<UInt32>?,
                UnsafeMutablePointer<gnutls_privkey_t?>?
            ) -> Int32 = { session, _, _, _, _, chain, count, key in
                // libmicrohttpd keeps its connection there.
                guard let handle = gnutls_session_get_ptr(session),
                    let pointer = kessai_mhd_socket_context(OpaquePointer(handle)),
                    let certificate = Unmanaged<Connection>.fromOpaque(pointer).takeUnretainedValue().certificate
                else { return -1 }
                chain?.pointee = certificate.chain
                count?.pointee = certificate.chainCount
                key?.pointee = certificate.key
                return 0
            }
        return unsafeBitCast(give, to: UnsafeMutableRawPointer.self)
    }

    // MARK: GnuTLS

    private static func withDatum<Result>(_ text: String, _ body: (UnsafePointer<gnutls_datum_t>) -> Result) -> Result {
        var bytes = Array(text.utf8)
        return bytes.withUnsafeMutableBufferPointer { buffer in
            var datum = gnutls_datum_t(data: buffer.baseAddress, size: UInt32(buffer.count))
            return body(&datum)
        }
    }

    private static func withCertificate<Result>(
        _ chain: UnsafeMutablePointer<gnutls_pcert_st>, _ body: (gnutls_x509_crt_t) -> Result
    ) -> Result? {
        var certificate: gnutls_x509_crt_t?
        guard gnutls_pcert_export_x509(chain, &certificate) >= 0, let certificate else { return nil }
        defer { gnutls_x509_crt_deinit(certificate) }
        return body(certificate)
    }

    private static func validity(of chain: UnsafeMutablePointer<gnutls_pcert_st>) -> ClosedRange<Timestamp>? {
        let seconds = withCertificate(chain) {
            (gnutls_x509_crt_get_activation_time($0), gnutls_x509_crt_get_expiration_time($0))
        }
        guard let (from, until) = seconds, from >= 0, until >= from else { return nil }
        return Timestamp(epochSeconds: Int64(from))...Timestamp(epochSeconds: Int64(until))
    }

    /// Whether a key belongs to what a certificate says of it.
    private static func fits(_ key: gnutls_privkey_t, _ certified: gnutls_pubkey_t?) -> Bool {
        var own: gnutls_pubkey_t?
        guard gnutls_pubkey_init(&own) >= 0 else { return false }
        defer { gnutls_pubkey_deinit(own) }
        guard gnutls_pubkey_import_privkey(own, key, 0, 0) >= 0 else { return false }
        let (left, right) = (name(of: own), name(of: certified))
        return left != nil && left == right
    }

    private static func name(of key: gnutls_pubkey_t?) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 64)
        var count = bytes.count
        guard gnutls_pubkey_get_key_id(key, 0, &bytes, &count) >= 0 else { return nil }
        return Array(bytes.prefix(count))
    }

    private static func words(_ status: Int32) -> String { String(cString: gnutls_strerror(status)) }
}

/// Why there is no certificate.
public enum TLSCertificateError: Error, Equatable {
    /// It is no certificate in PEM.
    case certificateNotReadable(String)
    /// It is no key in PEM, or wants a password.
    case keyNotReadable(String)
    /// The key is another certificate's.
    case keyOfAnother
}

/// Where the certificate for new connections lies.
final class CertificateShelf: Sendable {
    private let held: Mutex<TLSCertificate>

    init(_ certificate: TLSCertificate) { held = Mutex(certificate) }

    /// The newest.
    var current: TLSCertificate { held.withLock { $0 } }

    /// New connections get another; those there are keep theirs.
    func replace(with certificate: TLSCertificate) { held.withLock { $0 = certificate } }
}
