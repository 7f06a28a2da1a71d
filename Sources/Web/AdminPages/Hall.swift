internal import HTTP
internal import Identity
internal import Kernel
internal import PageKit

/// What all pages share, and how their routes are declared: for operators only, behind the door, not listed.
struct Hall: Sendable {
    let api: LocalAPI
    let ids: IDGenerator
    let cookie: SessionCookie
    let door: AdminDoor
    /// For the log-in, where nobody has a session yet.
    let strangersDoor: AdminDoor

    /// The most that a form may have, in bytes: a description of 2,000 characters, percent-encoded, and then some.
    static let formBytesMax = 32 << 10

    /// A page to look at. One that holds neither forms nor words of the address may be compressed.
    func get(
        _ path: String, _ summary: String, mayCompress: Bool = false,
        _ page: @escaping @Sendable (Visit) async throws -> HTTPResponse
    ) -> Route {
        route("GET", path, summary, bodyBytesMax: nil, mayCompress: mayCompress, page)
    }

    /// A form that does something. Its repeat is caught by the form's key, which the API keeps the answer under.
    func post(
        _ path: String, _ summary: String, _ action: @escaping @Sendable (Visit) async throws -> HTTPResponse
    ) -> Route {
        route("POST", path, summary, bodyBytesMax: Self.formBytesMax, action)
    }

    private func route(
        _ method: String, _ path: String, _ summary: String, bodyBytesMax: Int?, mayCompress: Bool = false,
        _ page: @escaping @Sendable (Visit) async throws -> HTTPResponse
    ) -> Route {
        Route(
            method, path, summary, tag: "Pages", access: .roles([.operator]), bodyBytesMax: bodyBytesMax,
            repeats: .harmless, answers: [.init(200, summary)], listed: false, door: door, mayCompress: mayCompress
        ) { context in
            guard let token = door.token(of: context.request) else { throw Problem.notLoggedIn }
            return try await page(Visit(context: context, token: Redacted(token), formKey: ids.uuid()))
        }
    }
}

/// A request of an operator for a page.
struct Visit: Sendable {
    let context: RequestContext
    /// The session's token.
    let token: Secret
    /// A fresh key for a form of this page: what is sent twice under it is done once.
    let formKey: String
    let form: Form
    let language: Language

    init(context: RequestContext, token: Secret, formKey: String) {
        self.context = context
        self.token = token
        self.formKey = formKey
        form = Form(context.request)
        language = Language(context.request.head)
    }

    /// A text in the visitor's language.
    subscript(_ text: Text) -> String { text[language] }

    /// What the query says; nil where it is absent or empty, as an untouched field of a form is.
    func query(_ name: String) -> String? { context.query(name).flatMap { $0.isEmpty ? nil : $0 } }

    /// The path's id, encoded to stand in another path.
    var encodedID: String { PercentCoding.encode(context.parameter("id")) }

    /// The proof that a form comes from a page of this session.
    var formToken: String { FormToken.make(session: token.reveal()) }
}
