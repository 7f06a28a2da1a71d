internal import HTML
internal import HTTP
internal import Kernel
internal import KessaiAPI
internal import PageKit

/// Jobs that were given up, and doing them again.
struct DeadLettersPage: Sendable {
    let hall: Hall

    var routes: [Route] {
        [
            hall.get("/admin/dead-letters", "The dead letters", show),
            hall.get("/admin/dead-letters/{id}/replay", "Where a log-in leads that a replay asked for") { _ in
                PageResponse.redirect("/admin/dead-letters")
            },
            hall.post("/admin/dead-letters/{id}/replay", "Does a dead letter again", replay),
        ]
    }

    @Sendable private func show(_ visit: Visit) async throws -> HTTPResponse {
        let filter = [(name: "kind", value: visit.query("kind").map { String($0.prefix(100)) })]
        let page = try await hall.api.get(
            "/api/admin/dead-letters", filter + [("cursor", visit.query("cursor"))],
            as: APIList<DeadLetterResponse>.self, for: visit)
        return PageResponse.page(
            visit, title: .deadLetters,
            [
                .title(visit[.deadLetters]),
                .search(
                    "/admin/dead-letters",
                    [
                        .field(visit[.kind], .textInput("kind", visit.query("kind") ?? "", max: 100)),
                        .button(visit[.search]),
                        visit.query("kind") == nil ? .group([]) : .link("/admin/dead-letters", visit[.reset]),
                    ]),
                page.data.isEmpty ? .quiet(visit[.nothing]) : Self.table(page.data, visit),
                Pager.links("/admin/dead-letters", filter, next: page.nextCursor, visit),
            ])
    }

    private static func table(_ letters: [DeadLetterResponse], _ visit: Visit) -> HTML {
        .table(
            [.time, .kind, .about, .tries, .error, .replay].map { visit[$0] },
            letters.map { letter in
                [
                    .time(letter.createdAt), .code(letter.kind), about(letter), .text(String(letter.attempts)),
                    .text(letter.error ?? "–"),
                    .action(
                        "/admin/dead-letters/\(letter.id)/replay", visit, class: "inline", [.button(visit[.replay])]),
                ]
            }, numbers: [3])
    }

    /// Jobs about an order lead to it; what else a job is about has no page.
    private static func about(_ letter: DeadLetterResponse) -> HTML {
        guard let subject = letter.subject else { return .none }
        guard letter.kind.hasPrefix("payments."), letter.kind != "payments.create_customer",
            ID<DeadLetterResponse>(untrusted: subject) != nil
        else { return .code(subject) }
        return .element("a", ["href": "/admin/orders/\(PercentCoding.encode(subject))"], [.code(subject)])
    }

    @Sendable private func replay(_ visit: Visit) async throws -> HTTPResponse {
        try await Outcome.of(leadingTo: "/admin/dead-letters") {
            try await hall.api.post("/api/admin/dead-letters/\(visit.encodedID)/replay", nil, for: visit)
            return "replayed"
        }
    }
}
