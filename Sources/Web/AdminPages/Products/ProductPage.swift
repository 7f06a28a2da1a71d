internal import HTML
internal import HTTP
internal import JSON
internal import Kernel
internal import KessaiAPI
internal import PageKit

/// Changing a product. Only what the operator has changed is sent, so that what orders take from the stock while the form
/// stands open stays taken.
struct ProductPage: Sendable {
    let hall: Hall

    var routes: [Route] {
        [
            hall.get("/admin/products/{id}", "A product") { visit in
                let product = try await product(visit)
                return page(visit, ProductFields(product), before: ProductFields(product), notice: nil, status: 200)
            },
            hall.post("/admin/products/{id}", "Changes a product", change),
        ]
    }

    private func product(_ visit: Visit) async throws -> ProductResponse {
        try await hall.api.get("/api/admin/products/\(visit.encodedID)", for: visit)
    }

    @Sendable private func change(_ visit: Visit) async throws -> HTTPResponse {
        let fields = ProductFields(visit.form)
        let before = ProductFields(visit.form, prefix: "was_")
        do {
            let change = try fields.changes(from: before)
            if change != [:] { try await hall.api.patch("/api/admin/products/\(visit.encodedID)", change, for: visit) }
            return PageResponse.redirect("/admin/products/\(visit.encodedID)?done=saved")
        } catch let problem as Problem where problem.status == 400 {
            return page(visit, fields, before: before, notice: problem, status: 400)
        }
    }

    private func page(
        _ visit: Visit, _ fields: ProductFields, before: ProductFields, notice: Problem?, status: Int
    ) -> HTTPResponse {
        let id = visit.context.parameter("id")
        return PageResponse.page(
            visit, title: before.name, at: .products, status: status,
            [
                .title(before.name), .element("p", ["class": "quiet"], [.code(id)]),
                ProductFields.notice(notice, visit),
                .action(
                    "/admin/products/\(visit.encodedID)", visit,
                    before.remembered + fields.inputs(visit) + [.button(visit[.save])]),
                .element("p", [:], [.link("/admin/products", visit[.back])]),
            ])
    }
}
