import HTTP
import JSON
import Testing

@Suite struct ProblemTests {
    @Test func `a problem is RFC 9457 with our code`() throws {
        let problem = Problem(
            status: 409, code: "order_not_pending", detail: "The order is paid.",
            fields: [FieldError(field: "state", code: "not_allowed", detail: "must be pending")],
            headers: ["Retry-After": "1"])
        let response = problem.response(requestID: "req_1")
        #expect(response.status == 409)
        #expect(response.headers["Content-Type"] == "application/problem+json")
        #expect(response.headers["Retry-After"] == "1")
        #expect(
            String(decoding: response.body, as: UTF8.self)
                == #"{"type":"urn:kessai:problem:order_not_pending","title":"Conflict","status":409,"#
                + #""code":"order_not_pending","detail":"The order is paid.","request_id":"req_1","#
                + #""errors":[{"field":"state","code":"not_allowed","detail":"must be pending"}]}"#)
    }

    @Test(arguments: [400, 401, 402, 403, 404, 405, 409, 413, 415, 418, 422, 429, 500, 502, 503, 599])
    func `every problem is what its schema says`(status: Int) throws {
        for (fields, requestID) in [([], ""), ([FieldError(field: "", code: "malformed", detail: "is not")], "req_1")] {
            let problem = Problem(status: status, code: "some_code", detail: "Some\ndetail.", fields: fields)
            let json = try JSONValue(parsing: problem.response(requestID: requestID).body)
            #expect(Problem.schema.faults(in: json) == [])
            #expect(json["title"]?.string?.isEmpty == false)
            #expect((json["request_id"] == nil) == requestID.isEmpty)
            #expect((json["errors"] == nil) == fields.isEmpty)
        }
    }

    @Test func `common problems have their codes`() {
        #expect(Problem.notFound("refund reason").code == "refund_reason_not_found")
        #expect(Problem.unavailable("Later.", retryAfterSeconds: 9).headers["Retry-After"] == "9")
        #expect(Problem.invalidInput([]).status == 400)
        #expect(Problem.bodyTooLarge(0).status == 413)
        #expect(Problem.notLoggedIn.headers["WWW-Authenticate"] == "Bearer")
        #expect(
            Problem.invalidInput([FieldError(field: "count", code: "missing", detail: "is required")]).detail
                == "The request is not valid: count is required.")
    }
}
