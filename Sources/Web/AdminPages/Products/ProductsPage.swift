internal import HTML
internal import HTTP
internal import JSON
internal import Kernel
internal import KessaiAPI
internal import PageKit

/// The products, and adding one.
struct ProductsPage: Sendable {
    let hall: Hall

    var routes: [Route] {
        [
            hall.get("/admin/products", "The products", show),
            hall.get("/admin/add-product", "Asks for a new product") { visit in
                page(visit, ProductFields(), notice: nil, status: 200)
            },
            hall.post("/admin/add-product", "Adds a product", add),
        ]
    }

    @Sendable private func show(_ visit: Visit) async throws -> HTTPResponse {
        let page = try await hall.api.get(
            "/api/admin/products", [("limit", "50"), ("cursor", visit.query("cursor"))],
            as: APIList<ProductResponse>.self, for: visit)
        return PageResponse.page(
            visit, title: .products,
            [
                .title(visit[.products]),
                .element(
                    "div", ["class": "row"],
                    [.element("a", ["class": "act", "href": "/admin/add-product"], [.text(visit[.addProduct])])]),
                page.data.isEmpty ? .quiet(visit[.nothing]) : Self.table(page.data, visit),
                Pager.links("/admin/products", [], next: page.nextCursor, visit),
            ])
    }

    private static func table(_ products: [ProductResponse], _ visit: Visit) -> HTML {
        .table(
            [.name, .id, .price, .stock, .statusWord].map { visit[$0] },
            products.map { product in
                [
                    .link("/admin/products/\(PercentCoding.encode(product.id))", product.name), .code(product.id),
                    .money(product.unitAmount), .text(product.stock.map { String($0) } ?? visit[.unlimited]),
                    .element(
                        "span", ["class": product.active ? "badge good" : "badge past"],
                        [.text(visit[product.active ? .onSale : .notOnSale])]),
                ]
            }, numbers: [2, 3])
    }

    @Sendable private func add(_ visit: Visit) async throws -> HTTPResponse {
        let fields = ProductFields(visit.form)
        do {
            let body = try fields.newProduct()
            return try await Outcome.of(leadingTo: "/admin/products") {
                try await hall.api.post("/api/admin/products", body, for: visit)
                return "added"
            }
        } catch let problem as Problem where [400, 409].contains(problem.status) {
            return page(visit, fields, notice: problem, status: problem.status)
        }
    }

    private func page(_ visit: Visit, _ fields: ProductFields, notice: Problem?, status: Int) -> HTTPResponse {
        PageResponse.page(
            visit, title: visit[.addTitle], at: .products, status: status,
            [
                .title(visit[.addTitle]), ProductFields.notice(notice, visit),
                .action(
                    "/admin/add-product", visit,
                    [.field(visit[.id], .textInput("id", fields.id, max: 64), hint: visit[.idHint])]
                        + fields.inputs(visit, isNew: true) + [.button(visit[.save])]),
                .element("p", [:], [.link("/admin/products", visit[.back])]),
            ])
    }
}
