import HTTP
import JSON
import Kernel

extension KessaiError {
    /// What an answer without a 2xx says.
    init(refusal response: HTTPResponse) {
        let requestID = response.headers["X-Request-Id"]
        // A body that is no JSON is no problem of the server's, whatever is wrong with it.
        guard let json = try? JSONValue(parsing: response.body), let code = json["code"]?.string,
            response.status >= 400
        else {
            self = .unexpectedAnswer(status: response.status, reason: "no problem document", requestID: requestID)
            return
        }
        let fields = (json["errors"]?.array ?? []).prefix(100).map { error in
            KessaiProblem.Field(
                name: error["field"]?.string ?? "", code: error["code"]?.string ?? "",
                detail: error["detail"]?.string ?? "")
        }
        self = .problem(
            KessaiProblem(
                status: response.status, code: code, detail: json["detail"]?.string ?? "", fields: fields,
                retryAfter: response.retryAfter, requestID: json["request_id"]?.string ?? requestID))
    }
}

extension HTTPResponse {
    /// What `Retry-After` asks for, at most a day. A date, which a Kessai server never sends, reads as nothing.
    var retryAfter: Duration? {
        guard let seconds = headers["Retry-After"].flatMap({ Int64($0) }), seconds >= 0 else { return nil }
        return .seconds(min(seconds, 86_400))
    }
}
