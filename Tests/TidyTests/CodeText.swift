/// Swift without its comments, the text of its literals and its quoted names; line ends stay where they are.
struct CodeText {
    private enum Mode: Equatable {
        /// Code, within so many brackets of an interpolation; the outermost has none to close.
        case code(brackets: Int)
        case literal(hashes: Int, isMultiline: Bool)
    }

    private var rest: Substring
    private var kept = ""
    private var modes = [Mode.code(brackets: 0)]

    private init(_ text: String) { rest = text[...] }

    static func strip(_ text: String) -> String {
        var stripper = CodeText(text)
        while !stripper.rest.isEmpty { stripper.step() }
        return stripper.kept
    }

    private mutating func step() {
        switch modes.last ?? .code(brackets: 0) {
        case .code(let brackets): stepInCode(brackets)
        case .literal(let hashes, let isMultiline): stepInLiteral(hashes, isMultiline)
        }
    }

    private mutating func stepInCode(_ brackets: Int) {
        if rest.hasPrefix("//") { return drop(until: "\n") }
        if rest.hasPrefix("/*") {
            rest.removeFirst(2)
            drop(until: "*/")
            rest = rest.dropFirst(2)
            return
        }
        let hashes = rest.prefix { $0 == "#" }.count
        let afterHashes = rest.dropFirst(hashes)
        if afterHashes.first == "\"" {
            let isMultiline = afterHashes.hasPrefix("\"\"\"")
            rest = afterHashes.dropFirst(isMultiline ? 3 : 1)
            kept += "\""
            modes.append(.literal(hashes: hashes, isMultiline: isMultiline))
            return
        }
        let next = rest.removeFirst()
        switch next {
        case "`":
            drop(until: "`")
            rest = rest.dropFirst()
            kept += "_"
            return
        case "(" where modes.count > 1: modes[modes.count - 1] = .code(brackets: brackets + 1)
        case ")" where modes.count > 1 && brackets == 1:
            modes.removeLast()
            kept += ")"
            return
        case ")" where modes.count > 1: modes[modes.count - 1] = .code(brackets: brackets - 1)
        default: break
        }
        kept.append(next)
    }

    private mutating func stepInLiteral(_ hashes: Int, _ isMultiline: Bool) {
        let fence = String(repeating: "#", count: hashes)
        let end = (isMultiline ? "\"\"\"" : "\"") + fence
        if rest.hasPrefix(end) {
            rest.removeFirst(end.count)
            kept += "\""
            modes.removeLast()
        } else if rest.hasPrefix("\\" + fence + "(") {
            rest.removeFirst(hashes + 2)
            kept += "("
            modes.append(.code(brackets: 1))
        } else if rest.hasPrefix("\\" + fence) {
            rest = rest.dropFirst(hashes + 2)
        } else if rest.removeFirst() == "\n" {
            kept += "\n"
            // A literal of one line ends with it, whatever this reading thought.
            if !isMultiline { modes.removeLast() }
        }
    }

    private mutating func drop(until end: String) {
        while !rest.isEmpty, !rest.hasPrefix(end) { if rest.removeFirst() == "\n" { kept += "\n" } }
    }
}
