public import HTTP
public import Kernel
internal import PageKit

/// The operators' screen under `/admin` (S3-NEXT-03): pages that work without JavaScript, in Japanese and English.
///
/// A page is a client of the API in the same process (`LocalAPI`): what it shows and does goes through the very routes,
/// checks and services that programs use, with the token of the operator's session. It can do nothing that the API would
/// refuse, and what it does leaves the same traces. docs/adr/0010-pages-of-operators.md has the threat model.
public struct AdminPages: Sendable {
    /// What it serves; none of it is listed in the OpenAPI document.
    public let routes: [Route]

    /// Pages of the installation at `publicURL` over its own `api`, which must not be these pages' router itself.
    public init(publicURL: String, api: any HTTPHandler, ids: IDGenerator) {
        let origin = PublicOrigin(publicURL)
        let cookie = SessionCookie(isSecure: origin.isSecure)
        let hall = Hall(
            api: LocalAPI(api), ids: ids, cookie: cookie,
            door: AdminDoor(cookie: cookie, origin: origin, asksForFormToken: true),
            strangersDoor: AdminDoor(cookie: cookie, origin: origin, asksForFormToken: false))
        routes =
            LoginPages(hall: hall).routes + OrdersPage(hall: hall).routes + OrderPage(hall: hall).routes
            + CancelPage(hall: hall).routes + RefundPage(hall: hall).routes + PaymentsPage(hall: hall).routes
            + ReviewsPage(hall: hall).routes + DeadLettersPage(hall: hall).routes + ProductsPage(hall: hall).routes
            + ProductPage(hall: hall).routes
    }
}
