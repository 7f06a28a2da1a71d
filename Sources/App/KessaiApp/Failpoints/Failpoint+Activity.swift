internal import HTTP

extension Failpoint {
    /// Whether the application does something by the name of the activity: a request by one of these `routes`, a job of one
    /// of these `kinds`, or what a process does by itself. Which paths a vendor is called by is written where it is called,
    /// and no list of them is known at the start: of those only the form is looked at.
    func isPossible(routes: [Route], kinds: [String]) -> Bool {
        guard let activity else { return true }
        switch point {
        case .callBefore, .callAfter: return Self.isVendors(activity)
        case .answerBefore: return Self.isRequest(activity, routes)
        case .commitBefore, .commitAfter, .mailBefore, .mailAfter:
            return activity == "process" || kinds.contains { activity == "job:\($0)" }
                || Self.isRequest(activity, routes)
        }
    }

    /// `POST /api/orders/{id}/cancel`, or `GET ?` for what leads to no route. HEAD is served by the routes of GET.
    private static func isRequest(_ activity: String, _ routes: [Route]) -> Bool {
        let words = activity.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 2, !words[0].isEmpty, words[0].allSatisfy({ $0.isASCII && $0.isUppercase }) else {
            return false
        }
        let method = words[0] == "HEAD" ? "GET" : words[0]
        return words[1] == "?" || routes.contains { $0.method == method && $0.path == words[1] }
    }

    /// `POST /v1/payment_intents/{id}/cancel`: as ``FailpointTransport`` names calls, and nothing else is ever passed.
    private static func isVendors(_ activity: String) -> Bool {
        let words = activity.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 2, ["GET", "POST", "DELETE"].contains(words[0]) else { return false }
        let parts = words[1].split(separator: "/", omittingEmptySubsequences: false)
        return parts.count > 2 && parts[0].isEmpty && parts[1] == "v1"
            && parts.dropFirst(2).allSatisfy { part in
                part == "{id}" || !part.isEmpty && part.allSatisfy { $0 == "_" || $0.isASCII && $0.isLowercase }
            }
    }
}

extension Failpoints {
    /// Throws ``SettingsError`` when one waits for what the application never does: a process that a drill believes to be
    /// dying would live.
    func require(routes: [Route], kinds: [String]) throws {
        let strange = planned.filter { !$0.isPossible(routes: routes, kinds: kinds) }
        guard !strange.isEmpty else { return }
        let names = strange.map(\.description).joined(separator: ", ")
        throw SettingsError(findings: [
            SettingsFinding(
                gravity: .error, name: SettingsReader.failpointsName,
                detail: "nothing is ever done by the name of the activity in \(names); \(Failpoint.activityForms). "
                    + "Kinds of jobs are: \(kinds.sorted().joined(separator: ", "))")
        ])
    }
}
