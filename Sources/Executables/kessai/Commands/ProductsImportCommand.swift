internal import Audit
internal import Database
internal import Kernel
internal import Shop

/// `kessai products import`: adds and changes products from CSV.
struct ProductsImportCommand: Command {
    static let name = "products import"
    static let usage = """
        products import FILE.csv        add and change products: all lines of the file, or none

        Columns: id,name,unit_amount,currency and optionally description,stock,active. unit_amount is in minor units
        (980 is ¥980); an empty stock does not run out. A repeat changes nothing.
        """
    static let flags: Set<String> = []
    static let options: Set<String> = []

    func run(_ arguments: Arguments) async throws -> ExitStatus {
        guard arguments.positional.count == 1 else { throw UsageError(message: "products import needs one file") }
        let products: [Product]
        do throws(ProductCSV.Fault) {
            products = try ProductCSV.parse(try Self.read(arguments.positional[0]))
        } catch {
            throw UsageError(message: "\(arguments.positional[0]), \(error.description)")
        }
        let settings = try Machine.settings().settings
        let clock = SystemClock()
        let database = try Opening.database(settings, clock: clock)
        let (app, transport) = try await Opening.application(settings, database: database, log: .silent, clock: clock)
        let report = try await app.products.importAll(products, by: .cli)
        Terminal.write("\(report.created) added, \(report.changed) changed, \(report.unchanged) as they were\n")
        await database.close()
        transport.close()
        return .success
    }

    private static func read(_ path: String) throws(ProductCSV.Fault) -> String {
        do { return try Machine.text(of: path) } catch {
            throw ProductCSV.Fault(line: 0, detail: "the file cannot be read as UTF-8 text")
        }
    }
}
