internal import Audit
internal import CommandWords
internal import CurlTransport
internal import Database
internal import Kernel
internal import KessaiApp
internal import Shop

/// `kessai products import`: adds and changes products from CSV.
struct ProductsImportCommand: Command {
    static let name = "products import"
    static let synopsis = "FILE.csv"
    static let summary = "add and change products: all lines of the file, or none"
    static let details = """
        Columns: id,name,unit_amount,currency and optionally description,stock,active. unit_amount is in minor units
        (980 is ¥980); an empty stock does not run out. A repeat changes nothing.
        """
    static let wordsMax = 1

    func run(_ arguments: Arguments) async throws -> ExitStatus {
        guard arguments.positional.count == 1 else { throw UsageError(message: "products import needs one file") }
        let file = arguments.positional[0]
        let text = try Machine.text(of: file)
        let products: [Product]
        do throws(ProductCSV.Fault) {
            products = try ProductCSV.parse(text)
        } catch {
            throw UsageError(message: "\(file), \(error.description)")
        }
        let settings = try Machine.settings().settings
        let clock = SystemClock()
        let database = try await Opening.commandDatabase(settings, clock: clock)
        let (app, transport) = try await Opening.application(
            settings, database: database, log: .silent, clock: clock, takesIntoUse: false)
        let report = try await app.products.importAll(products, by: .cli)
        Terminal.write("\(report.created) added, \(report.changed) changed, \(report.unchanged) as they were\n")
        await database.close()
        transport.close()
        return .success
    }
}
