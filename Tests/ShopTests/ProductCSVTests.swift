import Kernel
import Shop
import Testing

/// Products from a file: every fault is told with its line, and nothing is read by halves.
@Suite struct ProductCSVTests {
    private static let header = "id,name,unit_amount,currency\n"

    @Test func `a file with every column is read`() throws {
        let products = try ProductCSV.parse(
            """
            id,name,description,unit_amount,currency,stock,active
            tea,煎茶,一番茶,980,jpy,100,true
            pot,急須,,14540,jpy,,no

            """)
        #expect(
            products == [
                Product(
                    id: "tea", name: "煎茶", description: "一番茶", unitAmount: Money(980, .jpy), stock: 100, active: true),
                Product(
                    id: "pot", name: "急須", description: "", unitAmount: Money(14_540, .jpy), stock: nil, active: false),
            ])
    }

    @Test(arguments: [
        ("quotes", "a,\"x, \"\"y\"\"\",1,jpy\n", "x, \"y\""), ("no last newline", "a,x,1,jpy", "x"),
        ("CRLF", "a,x,1,jpy\r\n", "x"), ("blank lines", "\n\na,x,1,jpy\n\n", "x"),
        ("an empty quoted field", "a,x,1,\"jpy\"", "x"), ("blanks are kept", "a, x ,1,jpy\n", " x "),
    ])
    func `RFC 4180 is understood`(what: String, line: String, name: String) throws {
        #expect(try ProductCSV.parse(Self.header + line).map(\.name) == [name], "\(what)")
    }

    @Test func `a byte order mark, CRLF throughout and other orders of columns are understood`() throws {
        let products = try ProductCSV.parse("\u{FEFF}Currency,UNIT_AMOUNT,name,id\r\njpy,5,x,a\r\nusd,6,y,b\r\n")
        #expect(products.map(\.unitAmount) == [Money(5, .jpy), Money(6, .usd)])
    }

    @Test(arguments: [
        ("", 1), ("id,name,unit_amount\n", 1), ("id,name,unit_amount,currency,price\n", 1),
        ("id,name,unit_amount,currency,id\n", 1), (header + "a,x,1\n", 2), (header + "a,x,1,zzz\n", 2),
        (header + "a,x,1,jpy,1\n", 2),
        (header + "a,x,1,jpy\nb,y,0,jpy\n", 3), (header + "a,x,100000000,jpy\n", 2), (header + "a,x,1.5,jpy\n", 2),
        (header + "a,x,,jpy\n", 2), (header + "a,x,1,yen\u{301}\n", 2), (header + "a,x,1,\n", 2),
        (header + ",x,1,jpy\n", 2), (header + "a b,x,1,jpy\n", 2), (header + "a,,1,jpy\n", 2),
        (header + "a,x,1,jpy\n\nb,y,1,jpy\na,z,1,jpy\n", 5), (header + "a,\"x,1,jpy\n", 2),
        (header + "a,x\"y,1,jpy\n", 2),
        ("id,name,unit_amount,currency,description\na,x,1,jpy,\"x\n\ny\"\nb,y,z,jpy,\n", 5),
    ])
    func `a fault is told with its line`(text: String, line: Int) {
        let fault = #expect(throws: ProductCSV.Fault.self) { try ProductCSV.parse(text) }
        #expect(fault?.line == line)
        #expect(fault?.description.hasPrefix("line \(line): ") == true)
    }

    @Test(
        arguments: [
            ("-1", nil), ("1000000001", nil), ("x", nil), ("0", 0), ("1000000000", 1_000_000_000),
        ] as [(String, Int64?)])
    func `stock is a bounded number`(text: String, stock: Int64?) throws {
        let file = "id,name,unit_amount,currency,stock\na,x,1,jpy,\(text)\n"
        if let stock {
            #expect(try ProductCSV.parse(file).first?.stock == stock)
        } else {
            #expect(throws: ProductCSV.Fault.self) { try ProductCSV.parse(file) }
        }
    }

    @Test(arguments: [("", true), ("YES", true), ("1", true), ("False", false), ("0", false), ("maybe", nil)])
    func `active is a word`(text: String, active: Bool?) throws {
        let file = "id,name,unit_amount,currency,active\na,x,1,jpy,\(text)\n"
        if let active {
            #expect(try ProductCSV.parse(file).first?.active == active)
        } else {
            #expect(throws: ProductCSV.Fault.self) { try ProductCSV.parse(file) }
        }
    }

    @Test func `a description may have lines, of either ending`() throws {
        let products = try ProductCSV.parse(
            "id,name,unit_amount,currency,description\r\na,x,1,jpy,\"one\r\ntwo\"\r\nb,y,1,jpy,\"one\ntwo\"\r\n")
        #expect(products.map(\.description) == ["one\ntwo", "one\ntwo"])
    }

    @Test func `text after a closing quote is a fault, not a part of the field`() {
        #expect(throws: ProductCSV.Fault.self) { try ProductCSV.parse(Self.header + "a,\"x\"y,1,jpy\n") }
    }

    @Test func `names and descriptions take no more than the shop keeps, and no control characters`() throws {
        let long = String(repeating: "茶", count: 200)
        #expect(try ProductCSV.parse(Self.header + "a,\(long),1,jpy").count == 1)
        for name in [long + "茶", "a\tb", "a\u{7}b", "\"a\nb\""] {
            #expect(throws: ProductCSV.Fault.self) { try ProductCSV.parse(Self.header + "a,\(name),1,jpy") }
        }
    }

    @Test func `a file has an end (law 14)`() {
        var text = Self.header
        for number in 0...ProductCSV.linesMax { text += "p\(number),x,1,jpy\n" }
        let fault = #expect(throws: ProductCSV.Fault.self) { try ProductCSV.parse(text) }
        #expect(fault?.line == ProductCSV.linesMax + 1)
    }
}
