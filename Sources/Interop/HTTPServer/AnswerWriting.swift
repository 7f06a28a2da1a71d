import CMicroHTTPD
import HTTP
import Kernel

extension Connection {
    /// Hands an answer to libmicrohttpd, which sends it and adds `Date` and `Content-Length`. HEAD, 204 and 304 go
    /// without their bodies. `isLast` ends the connection with it. `.NO` closes the connection.
    func send(_ answer: HTTPResponse, requestID: String, on handle: OpaquePointer, isLast: Bool = false) -> MHD_Result {
        // The handler wants the line to break.
        if answer.status == 0 { return .NO }
        guard
            let response = response(answer, requestID: requestID, on: handle)
                ?? unfit(answer, requestID: requestID, on: handle)
        else { return .NO }
        defer { MHD_destroy_response(response.0) }
        if isLast || loop.draining != nil { MHD_add_response_header(response.0, "Connection", "close") }
        enter(.sending)
        return MHD_queue_response(handle, response.status, response.0)
    }

    /// What is sent in the stead of an answer that cannot be sent: nothing of it is trusted.
    private func unfit(
        _ answer: HTTPResponse, requestID: String, on handle: OpaquePointer
    ) -> (OpaquePointer, status: UInt32)? {
        loop.service.log.error(
            "http_answer_not_sendable",
            ["request_id": .string(requestID), "status": .int(Int64(answer.status))])
        let problem = Problem(status: 500, code: "internal_error", detail: "A fault of ours; it has been logged.")
        return response(problem.response(requestID: requestID), requestID: requestID, on: handle)
    }

    /// The answer in libmicrohttpd's form; nil when its status or a field is not fit to be sent.
    private func response(
        _ answer: HTTPResponse, requestID: String, on handle: OpaquePointer
    ) -> (OpaquePointer, status: UInt32)? {
        guard (200...599).contains(answer.status),
            answer.headers.all.allSatisfy({ Self.isOurs($0.name) || $0.value.isEmpty || Self.isFit($0) }),
            let created = answer.stream.map({ stream($0, of: answer, requestID: requestID, on: handle) })
                ?? whole(answer.body)
        else { return nil }
        for field in answer.headers.all where !Self.isOurs(field.name) && !field.value.isEmpty {
            guard MHD_add_response_header(created, field.name, field.value) == .YES else {
                MHD_destroy_response(created)
                return nil
            }
        }
        MHD_add_response_header(created, "X-Request-Id", requestID)
        // RFC 6797, 7.2: not on a connection that is not encrypted.
        if certificate != nil, answer.headers["Strict-Transport-Security"] == nil {
            MHD_add_response_header(created, "Strict-Transport-Security", "max-age=31536000")
        }
        return (created, UInt32(answer.status))
    }

    private func whole(_ body: [UInt8]) -> OpaquePointer? {
        body.withUnsafeBytes { body in
            // The body is copied: it leaves after this array may be gone.
            MHD_create_response_from_buffer(
                body.count, UnsafeMutableRawPointer(mutating: body.baseAddress), .RESPMEM_MUST_COPY)
        }
    }

    /// An answer whose length nobody knows: chunked, or until the connection's end for a client of HTTP/1.0.
    private func stream(
        _ stream: HTTPBodyStream, of answer: HTTPResponse, requestID: String, on handle: OpaquePointer
    ) -> OpaquePointer? {
        let body = StreamedBody(stream, after: answer.body, requestID: requestID, on: self, handle: handle)
        let kept = Unmanaged.passRetained(body)
        let created = MHD_create_response_from_callback(
            UInt64.max, 16 << 10,
            { body, _, buffer, count in
                guard let body, let buffer else { return kessai_mhd_end_with_error }
                return Unmanaged<StreamedBody>.fromOpaque(body).takeUnretainedValue()
                    .fill(UnsafeMutableRawBufferPointer(start: buffer, count: count))
            }, kept.toOpaque(),
            { body in
                if let body { Unmanaged<StreamedBody>.fromOpaque(body).release() }
            })
        guard let created else {
            kept.release()
            return nil
        }
        if exchange?.isHead == true { kessai_mhd_set_without_chunks(created) }
        streamed = body
        return created
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
