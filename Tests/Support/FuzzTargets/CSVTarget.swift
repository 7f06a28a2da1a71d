internal import Kernel
internal import Shop

extension FuzzTarget {
    /// A file of products: what is read is within its limits, and reads as the same when it is written anew.
    static let csv = FuzzTarget("csv", "files of products") {
        { input in
            guard let text = String(validating: input, as: UTF8.self) else { return }
            let products: [Product]
            do throws(ProductCSV.Fault) {
                products = try ProductCSV.parse(text)
            } catch {
                let lines = input.count { $0 == UInt8(ascii: "\n") } + 1
                try hold((1...lines).contains(error.line), "a fault in line \(error.line) of \(lines)")
                return try hold(error.detail.utf8.allSatisfy { (0x20...0x7E).contains($0) }, "a fault: \(error.detail)")
            }
            try CSVProperties.check(products)
        }
    }
}

enum CSVProperties {
    static func check(_ products: [Product]) throws {
        try hold(Set(products.map(\.id)).count == products.count, "an id stands twice")
        for product in products {
            let (name, description) = (product.name.unicodeScalars, product.description.unicodeScalars)
            let isGood =
                (1...64).contains(product.id.utf8.count) && (1...200).contains(name.count) && description.count <= 2000
                && PageProperties.isOneLine(product.name) && (1...99_999_999).contains(product.unitAmount.amountMinor)
                && product.unitAmount.currency.isChargeable && (0...Product.stockMax).contains(product.stock ?? 0)
            try hold(isGood, "a product beyond its limits: \(product)")
        }
        let again = try? ProductCSV.parse(file(of: products))  // nil is the fault that is looked for.
        try hold(again == products, "written anew it reads otherwise: \(products)")
    }

    private static func file(of products: [Product]) -> String {
        // By scalars: a mark behind a quote makes one character with it.
        func quoted(_ text: String) -> String {
            "\"" + text.unicodeScalars.map { $0 == "\"" ? "\"\"" : String($0) }.joined() + "\""
        }
        let lines = products.map { product in
            [
                product.id, product.name, product.description, String(product.unitAmount.amountMinor),
                product.unitAmount.currency.code, product.stock.map { String($0) } ?? "", "\(product.active)",
            ].map(quoted).joined(separator: ",")
        }
        return (["id,name,description,unit_amount,currency,stock,active"] + lines).joined(separator: "\r\n")
    }
}
