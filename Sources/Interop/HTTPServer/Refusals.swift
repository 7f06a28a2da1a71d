import HTTP

// What the server refuses by itself. All of these end the connection: after a head that is in doubt nobody knows where the
// next one begins.
extension Problem {
    /// A line of the head is malformed.
    static let headNotValid = Problem(
        status: 400, code: "head_not_valid", detail: "The head of the request is not well-formed.")

    /// Two readers could see the body end in different places.
    static let framingNotValid = Problem(
        status: 400, code: "framing_not_valid", detail: "The length of the body is not stated clearly.")

    /// The body's coding is none that we know.
    static let codingNotSupported = Problem(
        status: 501, code: "coding_not_supported", detail: "Send the body as it is, or chunked.")

    /// A length that is no number we could count to.
    static let bodyBeyondAll = Problem(
        status: 413, code: "body_too_large", detail: "The body is larger than any that is taken.")

    /// The target is malformed.
    static let pathNotValid = Problem(
        status: 400, code: "path_not_valid", detail: "The path is not well-formed: percent-encode it.")

    /// HTTP/1.1 wants to know whom it asks, once.
    static let hostNotValid = Problem(
        status: 400, code: "host_not_valid", detail: "The request must have one Host field that names a host.")

    /// Another version than HTTP/1.0 and 1.1.
    static let versionNotSupported = Problem(
        status: 505, code: "version_not_supported", detail: "Only HTTP/1.1 and HTTP/1.0 are spoken here.")

    /// It comes too late to be answered before the server ends.
    static let stopping = unavailable("The server stops.")

    /// Large bodies hold all the memory that they may.
    static let tooManyBodies = Problem(
        status: 503, code: "overloaded",
        detail: "The server holds too many large bodies; nothing was done. Send the request again in a moment.",
        headers: ["Retry-After": "1"])

    /// TLS on a port without.
    static let encryptedOnPlainPort = Problem(
        status: 400, code: "tls_not_spoken", detail: "This port speaks HTTP without TLS.")

    /// The target is too long.
    static func targetTooLong(_ options: HTTPServerOptions) -> Problem {
        Problem(
            status: 414, code: "uri_too_long", detail: "The target may have at most \(options.targetBytesMax) bytes.")
    }

    /// The head is too large.
    static func headTooLarge(_ options: HTTPServerOptions) -> Problem {
        Problem(
            status: 431, code: "head_too_large", detail: "The head may have at most \(options.headBytesMax) bytes.")
    }

    /// The head has too many fields.
    static func tooManyFields(_ options: HTTPServerOptions) -> Problem {
        Problem(
            status: 431, code: "too_many_fields", detail: "The head may have at most \(options.fieldsMax) fields.")
    }
}
