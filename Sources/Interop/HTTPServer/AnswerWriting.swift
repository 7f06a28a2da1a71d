import CMicroHTTPD
import HTTP
import Kernel

extension Connection {
    /// Hands an answer to libmicrohttpd, which sends it and adds `Date` and `Content-Length`. HEAD, 204 and 304 go
    /// without their bodies. `.NO` closes the connection.
    func send(_ answer: HTTPResponse, requestID: String, on handle: OpaquePointer) -> MHD_Result {
        // The handler wants the line to break.
        if answer.status == 0 { return .NO }
        guard let response = response(answer, requestID: requestID) ?? unfit(answer, requestID: requestID) else {
            return .NO
        }
        defer { MHD_destroy_response(response.0) }
        if loop.draining != nil { MHD_add_response_header(response.0, "Connection", "close") }
        enter(.sending)
        return MHD_queue_response(handle, response.status, response.0)
    }

    /// What is sent in the stead of an answer that cannot be sent: nothing of it is trusted.
    private func unfit(_ answer: HTTPResponse, requestID: String) -> (OpaquePointer, status: UInt32)? {
        loop.service.log.error(
            "http_answer_not_sendable",
            ["request_id": .string(requestID), "status": .int(Int64(answer.status))])
        let problem = Problem(status: 500, code: "internal_error", detail: "A fault of ours; it has been logged.")
        return response(problem.response(requestID: requestID), requestID: requestID)
    }

    /// The answer in libmicrohttpd's form; nil when its status or a field is not fit to be sent.
    private func response(_ answer: HTTPResponse, requestID: String) -> (OpaquePointer, status: UInt32)? {
        guard (200...599).contains(answer.status) else { return nil }
        let created = answer.body.withUnsafeBytes { body in
            // The body is copied: it leaves after this array may be gone.
            MHD_create_response_from_buffer(
                body.count, UnsafeMutableRawPointer(mutating: body.baseAddress), .RESPMEM_MUST_COPY)
        }
        guard let created else { return nil }
        for field in answer.headers.all where !Self.isOurs(field.name) && !field.value.isEmpty {
            guard Self.isFit(field), MHD_add_response_header(created, field.name, field.value) == .YES else {
                MHD_destroy_response(created)
                return nil
            }
        }
        MHD_add_response_header(created, "X-Request-Id", requestID)
        return (created, UInt32(answer.status))
    }

    /// Fields that are the server's own business. An empty field is left out, since libmicrohttpd takes none.
    private static func isOurs(_ name: String) -> Bool {
        switch name.utf8.count {
        case 4: name.lowercased() == "date"
        case 10: ["connection", "keep-alive"].contains(name.lowercased())
        case 12: name.lowercased() == "x-request-id"
        case 14: name.lowercased() == "content-length"
        case 17: name.lowercased() == "transfer-encoding"
        default: false
        }
    }

    /// Whether a field is one field: a line break in it would be the begin of another (header injection).
    private static func isFit(_ field: (name: String, value: String)) -> Bool {
        field.name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") }
            && field.value.utf8.allSatisfy { ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 }
    }
}
