private import HTTP

/// A form as its brackets nest it, before a table of parameters says what each part is.
indirect enum FormNode: Sendable, Hashable {
    /// The text behind a name.
    case text(String)
    /// What stands under a name with brackets, in the order of its first mention.
    case branch([FormEntry])

    /// The node under `key`, if this is a branch that has one.
    subscript(_ key: String) -> FormNode? {
        guard case .branch(let entries) = self else { return nil }
        return entries.first { $0.key == key }?.node
    }
}

/// One key of a branch and what stands under it.
struct FormEntry: Sendable, Hashable {
    let key: String
    var node: FormNode
}

/// Why a form cannot be read.
enum FormError: Error, Equatable {
    /// An escape is wrong, or the text is not UTF-8.
    case malformed
    /// More pairs or deeper brackets than are read (law 14).
    case tooLarge
    /// A name is used both as a value and with brackets.
    case conflicting(name: String)
}

/// Reads Stripe's three spellings of nested forms: `a[b]=`, `a[0]=`, `a[]=`.
enum FormParser {
    static let pairsMax = 1000
    static let levelsMax = 10

    /// The branch at the root of a form or query.
    static func parse(_ text: some StringProtocol) throws(FormError) -> FormNode {
        guard let pairs = PercentCoding.pairs(text) else { throw .malformed }
        guard pairs.count <= pairsMax else { throw .tooLarge }
        var root: [FormEntry] = []
        for (name, value) in pairs {
            let keys = keys(of: name)
            guard keys.count <= levelsMax else { throw .tooLarge }
            guard insert(value, at: keys[...], into: &root) else { throw .conflicting(name: keys[0]) }
        }
        return .branch(root)
    }

    /// `a[b][]` is `a`, `b` and an empty key. Brackets that do not close belong to the name.
    private static func keys(of name: String) -> [String] {
        guard let first = name.firstIndex(of: "["), first != name.startIndex, name.hasSuffix("]") else { return [name] }
        let inner = name[name.index(after: first)...].dropLast()
        return [String(name[..<first])] + splitBrackets(inner)
    }

    private static func splitBrackets(_ inner: Substring) -> [String] {
        var keys: [String] = []
        var rest = inner
        while let close = rest.firstIndex(of: "]") {
            let open = rest.index(after: close)
            guard open < rest.endIndex, rest[open] == "[" else { break }
            keys.append(String(rest[..<close]))
            rest = rest[rest.index(after: open)...]
        }
        return keys + [String(rest)]
    }

    /// Puts a value under its keys; false when a value and a branch meet.
    private static func insert(_ value: String, at keys: ArraySlice<String>, into entries: inout [FormEntry]) -> Bool {
        guard let first = keys.first else { return false }
        let rest = keys.dropFirst()
        let key = first.isEmpty ? elementKey(for: rest, in: entries) : first
        let index = entries.firstIndex { $0.key == key }
        if rest.isEmpty {
            if let index {
                guard case .text = entries[index].node else { return false }
                entries[index].node = .text(value)
            } else {
                entries.append(FormEntry(key: key, node: .text(value)))
            }
            return true
        }
        var children: [FormEntry] = []
        if let index {
            guard case .branch(let existing) = entries[index].node else { return false }
            children = existing
        }
        guard insert(value, at: rest, into: &children) else { return false }
        if let index {
            entries[index].node = .branch(children)
        } else {
            entries.append(FormEntry(key: key, node: .branch(children)))
        }
        return true
    }

    /// `[]` opens a new element, but `items[][b]` joins the last element until a sub-key repeats.
    private static func elementKey(for rest: ArraySlice<String>, in entries: [FormEntry]) -> String {
        if !rest.isEmpty, let last = entries.last, !has(rest, in: last.node) { return last.key }
        return String((entries.compactMap { Int($0.key) }.max() ?? -1) + 1)
    }

    private static func has(_ keys: ArraySlice<String>, in node: FormNode) -> Bool {
        guard let first = keys.first else { return true }
        if first.isEmpty { return false }
        guard let child = node[first] else { return false }
        return has(keys.dropFirst(), in: child)
    }
}

extension FormNode {
    /// Equal forms give equal text, whatever the order of their fields: what an idempotency key is compared by.
    var fingerprint: String {
        switch self {
        case .text(let text): return PercentCoding.encode(text)
        case .branch(let entries):
            let parts = entries.sorted { $0.key < $1.key }.map {
                PercentCoding.encode($0.key) + "=" + $0.node.fingerprint
            }
            return "{" + parts.joined(separator: "&") + "}"
        }
    }
}
