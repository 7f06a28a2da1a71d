import CMicroHTTPD
import Glibc
import HTTP
import Kernel

/// An answer that is written without libmicrohttpd: for sockets that it does not serve, or not yet.
enum BareAnswer {
    /// Sends a problem in one go, with `Connection: close`, and to HEAD without its body. What the socket does not take at
    /// once is lost: a new one takes it all.
    static func send(_ problem: Problem, requestID: String, toHead: Bool = false, to descriptor: Int32) {
        send(problem.response(requestID: requestID), requestID: requestID, toHead: toHead, to: descriptor)
    }

    /// The same with an answer.
    static func send(_ answer: HTTPResponse, requestID: String, toHead: Bool, to descriptor: Int32) {
        let bytes = bytes(answer, requestID: requestID, toHead: toHead)
        _ = bytes.withUnsafeBytes { buffer in
            Glibc.send(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
        }
    }

    /// The whole answer.
    private static func bytes(_ answer: HTTPResponse, requestID: String, toHead: Bool) -> [UInt8] {
        let reason = MHD_get_reason_phrase_for(UInt32(answer.status)).map { String(cString: $0) } ?? "Refused"
        var head = "HTTP/1.1 \(answer.status) \(reason)\r\nConnection: close\r\n"
        if let date = date() { head += "Date: \(date)\r\n" }
        for (name, value) in answer.headers.all { head += "\(name): \(value)\r\n" }
        head += "X-Request-Id: \(requestID)\r\nContent-Length: \(answer.body.count)\r\n\r\n"
        return Array(head.utf8) + (toHead ? [] : answer.body)
    }

    /// Now, as RFC 9110, 5.6.7 writes it.
    private static func date() -> String? {
        var now = time(nil)
        var parts = tm()
        guard gmtime_r(&now, &parts) != nil else { return nil }
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        guard days.indices.contains(Int(parts.tm_wday)), months.indices.contains(Int(parts.tm_mon)) else { return nil }
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let time = [parts.tm_hour, parts.tm_min, parts.tm_sec].map(two).joined(separator: ":")
        return "\(days[Int(parts.tm_wday)]), \(two(parts.tm_mday)) \(months[Int(parts.tm_mon)]) "
            + "\(parts.tm_year + 1900) \(time) GMT"
    }
}
