internal import Kernel

/// Reads products from CSV (RFC 4180, UTF-8): a header line with `id,name,unit_amount,currency` and optionally
/// `description,stock,active`; an empty `stock` does not run out.
public enum ProductCSV {
    /// The most lines that one file may have.
    public static let linesMax = 100_000

    /// What is wrong with a file, and where.
    public struct Fault: Error, Equatable, CustomStringConvertible {
        /// The line, from 1.
        public let line: Int
        /// What to change.
        public let detail: String
        /// The line and what to change.
        public var description: String { "line \(line): \(detail)" }
    }

    /// The products of a file. Throws `Fault` at the first thing that is wrong, so that nothing is imported by halves.
    public static func parse(_ text: String) throws(Fault) -> [Product] {
        let records = try records(text)
        guard let header = records.first else { throw Fault(line: 1, detail: "the file is empty") }
        let columns = header.fields.map { $0.lowercased() }
        let known: Set<String> = ["id", "name", "description", "unit_amount", "currency", "stock", "active"]
        for column in columns where !known.contains(column) {
            throw Fault(line: 1, detail: "unknown column; known are \(known.sorted().joined(separator: ", "))")
        }
        for needed in ["id", "name", "unit_amount", "currency"] where !columns.contains(needed) {
            throw Fault(line: 1, detail: "the column \(needed) is missing")
        }
        guard Set(columns).count == columns.count else { throw Fault(line: 1, detail: "a column stands twice") }
        var products: [Product] = []
        var seen: Set<String> = []
        for record in records.dropFirst() {
            guard record.fields.count == columns.count else {
                throw Fault(line: record.line, detail: "has \(record.fields.count) fields, not \(columns.count)")
            }
            let product = try product(
                Dictionary(zip(columns, record.fields), uniquingKeysWith: { first, _ in first }), line: record.line)
            guard seen.insert(product.id).inserted else {
                throw Fault(line: record.line, detail: "this id stands twice in the file")
            }
            products.append(product)
        }
        return products
    }

    private static func product(_ values: [String: String], line: Int) throws(Fault) -> Product {
        func fault(_ detail: String) -> Fault { Fault(line: line, detail: detail) }
        let id = values["id"] ?? ""
        guard ShopLimits.isProductID(id) else { throw fault("id must be 1 to 64 of A-Z a-z 0-9 . _ -") }
        let name = values["name"] ?? ""
        guard (1...200).contains(name.unicodeScalars.count), isPlain(name) else {
            throw fault("name must have 1 to 200 characters, none of them a control character")
        }
        let description = values["description"] ?? ""
        guard description.unicodeScalars.count <= 2000, isPlain(description, newlines: true) else {
            throw fault("description must have at most 2000 characters, no control characters but new lines")
        }
        guard let currency = Currency(values["currency"] ?? ""), currency.isChargeable else {
            throw fault("currency must be one that Stripe charges, like jpy")
        }
        guard let amount = Int64(values["unit_amount"] ?? ""), (1...99_999_999).contains(amount) else {
            throw fault("unit_amount must be from 1 to 99999999 in minor units")
        }
        var stock: Int64?
        if let text = values["stock"], !text.isEmpty {
            guard let count = Int64(text), (0...Product.stockMax).contains(count) else {
                throw fault("stock must be from 0 to \(Product.stockMax), or empty")
            }
            stock = count
        }
        let active: Bool
        switch values["active"]?.lowercased() ?? "true" {
        case "true", "1", "yes", "": active = true
        case "false", "0", "no": active = false
        default: throw fault("active must be true or false")
        }
        return Product(
            id: id, name: name, description: description, unitAmount: Money(amount, currency), stock: stock,
            active: active)
    }

    /// Whether text has no control characters, as the API asks of it too.
    private static func isPlain(_ text: String, newlines: Bool = false) -> Bool {
        text.unicodeScalars.allSatisfy { ($0.value >= 0x20 && $0.value != 0x7F) || (newlines && $0 == "\n") }
    }

    private static func records(_ text: String) throws(Fault) -> [(line: Int, fields: [String])] {
        var records: [(line: Int, fields: [String])] = []
        var fields: [String] = []
        var field = ""
        var quoted = false
        var line = 1
        var start = 1
        var scalars = Array(text.unicodeScalars)[...]
        if scalars.first == "\u{FEFF}" { scalars.removeFirst() }
        func finish() throws(Fault) {
            fields.append(field)
            field = ""
            if fields != [""] { records.append((start, fields)) }
            guard records.count <= linesMax else { throw Fault(line: line, detail: "more than \(linesMax) lines") }
            fields = []
        }
        while let scalar = scalars.popFirst() {
            if quoted {
                if scalar == "\"", scalars.first == "\"" {
                    scalars.removeFirst()
                    field.unicodeScalars.append("\"")
                } else if scalar == "\"" {
                    quoted = false
                    guard [nil, ",", "\r", "\n"].contains(scalars.first) else {
                        throw Fault(line: line, detail: "text stands after a field's closing quote")
                    }
                } else if scalar != "\r" || scalars.first != "\n" {
                    if scalar == "\n" { line += 1 }
                    field.unicodeScalars.append(scalar)
                }
                continue
            }
            switch scalar {
            case "\"" where field.isEmpty: quoted = true
            case "\"": throw Fault(line: line, detail: "a quote stands inside a field that is not quoted")
            case ",":
                fields.append(field)
                field = ""
            case "\r" where scalars.first == "\n": break
            case "\n":
                try finish()
                line += 1
                start = line
            default: field.unicodeScalars.append(scalar)
            }
        }
        if quoted { throw Fault(line: start, detail: "a quoted field does not end") }
        if !field.isEmpty || !fields.isEmpty { try finish() }
        return records
    }
}
