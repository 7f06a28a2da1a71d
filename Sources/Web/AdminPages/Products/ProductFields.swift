internal import HTML
internal import HTTP
internal import JSON
internal import Kernel
internal import KessaiAPI
internal import PageKit

/// A product as a form holds it: text, as it was typed.
struct ProductFields: Sendable, Equatable {
    var id = ""
    var name = ""
    var description = ""
    var price = ""
    var currency = "jpy"
    var stock = ""
    var isActive = true

    init() {}

    init(_ product: ProductResponse) {
        id = product.id
        name = product.name
        description = product.description
        price = AmountInput.text(product.unitAmount)
        currency = product.unitAmount.currency
        stock = product.stock.map { String($0) } ?? ""
        isActive = product.active
    }

    /// From a form; under a prefix, what the form held when it was shown.
    init(_ form: Form, prefix: String = "") {
        func field(_ name: String) -> String { form.lines(prefix + name) ?? "" }
        id = field("id")
        name = field("name")
        description = field("description")
        price = field("price")
        currency = form.text("currency") ?? form.text("was_currency") ?? "jpy"
        stock = field("stock")
        isActive = form[prefix + "active"] != nil
    }

    /// A new product for the API. Throws a problem for a price or stock that is no number.
    func newProduct() throws -> JSONValue {
        var product: JSONObject = [
            "name": .string(name), "description": .string(description), "unit_amount": try unitAmount(),
            "stock": try stockValue(), "active": .bool(isActive),
        ]
        if !id.isEmpty { product["id"] = .string(id) }
        return .object(product)
    }

    /// What differs from what the form had held, for the API. Throws as `newProduct()` does.
    func changes(from before: ProductFields) throws -> JSONValue {
        var changes: JSONObject = [:]
        if name != before.name { changes["name"] = .string(name) }
        if description != before.description { changes["description"] = .string(description) }
        if price != before.price { changes["unit_amount"] = try unitAmount() }
        if stock != before.stock { changes["stock"] = try stockValue() }
        if isActive != before.isActive { changes["active"] = .bool(isActive) }
        return .object(changes)
    }

    private func unitAmount() throws -> JSONValue {
        guard let known = Currency(currency) else { throw Self.fault("currency") }
        guard let minor = AmountInput.minor(price, known) else { throw Self.fault("price") }
        return ["amount": .int(minor), "currency": .string(known.code)]
    }

    private func stockValue() throws -> JSONValue {
        if stock.isEmpty { return .null }
        guard let count = Int64(stock.filter { $0 != "," }) else { throw Self.fault("stock") }
        return .int(count)
    }

    private static func fault(_ field: String) -> Problem {
        .invalidInput([FieldError(field: field, code: "malformed", detail: "is not valid")])
    }

    /// The inputs that a new and a known product share.
    func inputs(_ visit: Visit, isNew: Bool = false) -> [HTML] {
        [
            .field(visit[.name], .textInput("name", name, max: 200)),
            .field(
                visit[.description],
                .element("textarea", ["name": "description", "maxlength": "2000"], [.text(description)])),
            .field(
                isNew ? visit[.price] : "\(visit[.price]) (\(currency.uppercased()))",
                .textInput("price", price, numeric: true, max: 15)),
            isNew ? .field(visit[.currency], .textInput("currency", currency, max: 3)) : .group([]),
            .field(
                visit[.stock], .textInput("stock", stock, numeric: true, max: 13),
                hint: visit[isNew ? .newStockHint : .stockHint]),
            .element(
                "label", ["class": "check"],
                [
                    .element(
                        "input",
                        [
                            "type": "checkbox", "name": "active", "value": "1", "checked": isActive ? "" : nil,
                        ]), .element("span", [:], [.text(visit[.active])]),
                ]),
        ]
    }

    /// What the form was shown with, to tell later what was changed.
    var remembered: [HTML] {
        [
            .hidden("was_name", name), .hidden("was_description", description), .hidden("was_price", price),
            .hidden("was_currency", currency), .hidden("was_stock", stock),
        ] + (isActive ? [.hidden("was_active", "1")] : [])
    }

    /// What was wrong with the fields, each in a line.
    static func notice(_ problem: Problem?, _ visit: Visit) -> HTML {
        guard let problem else { return .group([]) }
        let faults = problem.fields.map { "\(label($0.field, visit)): \(visit[.of($0)])" }
        return .element(
            "div", ["class": "notice bad", "role": "alert"],
            (faults.isEmpty ? [visit[.of(problem)]] : faults).map { .element("p", [:], [.text($0)]) })
    }

    private static func label(_ field: String, _ visit: Visit) -> String {
        switch field {
        case "id": visit[.id]
        case "name": visit[.name]
        case "description": visit[.description]
        case "price", "unit_amount.amount": visit[.price]
        case "currency", "unit_amount.currency": visit[.currency]
        case "stock": visit[.stock]
        default: field
        }
    }
}
