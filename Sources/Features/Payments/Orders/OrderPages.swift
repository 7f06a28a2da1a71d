internal import HTTP
internal import JSON

/// How lists of orders are paged: by the orders' numbers, which fall from page to page.
enum OrderPages {
    static let cursor = Route.Query("cursor", .string(length: 1...200))
    static let limit = Route.Query("limit", .integer(1...100))

    /// How many orders a page has: 20 unless something else is asked for.
    static func limit(_ context: RequestContext) -> Int { context.query("limit").flatMap { Int($0) } ?? 20 }

    /// The number that the page's orders stand before; nil for the first page. Throws a problem for what is no cursor.
    static func before(_ context: RequestContext) throws -> Int64? {
        guard let cursor = context.query("cursor") else { return nil }
        guard let number = Int64(cursor), number > 0 else {
            throw Problem.invalidInput([
                FieldError(field: "cursor", code: "malformed", detail: "is not a cursor of this list")
            ])
        }
        return number
    }
}
