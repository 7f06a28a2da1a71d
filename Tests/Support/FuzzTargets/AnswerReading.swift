/// The answers on a connection, read strictly.
struct AnswerReading {
    /// One answer.
    struct Answer {
        let status: Int
        let fields: [(name: String, value: String)]
        let body: [UInt8]

        subscript(_ name: String) -> String? { fields.first { $0.name.lowercased() == name }?.value }
    }

    private(set) var answers: [Answer] = []
    /// What is wrong with what came; nil when nothing is.
    private(set) var fault: String?
    /// Whether the bytes end within an answer.
    private(set) var isCut = false

    /// Reads answers to requests of these methods, in their order; more answers than methods are answers to nobody knows.
    init(_ bytes: [UInt8], to methods: [[UInt8]]) {
        var rest = bytes[...]
        while !rest.isEmpty, fault == nil {
            guard let end = rest.firstRange(of: Array("\r\n\r\n".utf8)) else {
                isCut = true
                return
            }
            let lines = String(decoding: rest[..<end.lowerBound], as: UTF8.self).split(
                separator: "\r\n", omittingEmptySubsequences: false)
            rest = rest[end.upperBound...]
            let words = lines[0].split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
            guard words.count == 3, words[0] == "HTTP/1.1" || words[0] == "HTTP/1.0", words[1].utf8.count == 3,
                let status = Int(words[1])
            else {
                fault = "no status line: \(lines[0])"
                return
            }
            if status == 100 { continue }
            // Of a later head whose length is no number libmicrohttpd (0.9.75) writes its refusal's head twice.
            if status == 400, !answers.isEmpty, rest.starts(with: "HTTP/1.1 400 ".utf8) { continue }
            // So it does where a cookie's value is one quotation mark, which it cannot read.
            if status == 431, rest.starts(with: "HTTP/1.1 431 ".utf8) { continue }
            var fields: [(name: String, value: String)] = []
            for line in lines.dropFirst() {
                let halves = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
                guard halves.count == 2, !halves[0].isEmpty, !halves[0].contains(" ") else {
                    fault = "no field: \(line)"
                    return
                }
                fields.append((String(halves[0]), String(halves[1].drop { $0 == " " })))
            }
            let isBodiless = status == 204 || status == 304 || isHead(answers.count, of: methods)
            let length = fields.filter { $0.name.lowercased() == "content-length" }.compactMap { Int($0.value) }
            guard isBodiless || length.count == 1 else {
                fault = "no length, or several"
                return
            }
            let count = isBodiless ? 0 : length[0]
            isCut = count > rest.count
            answers.append(Answer(status: status, fields: fields, body: Array(rest.prefix(count))))
            rest = rest.dropFirst(count)
        }
    }

    private func isHead(_ index: Int, of methods: [[UInt8]]) -> Bool {
        methods.indices.contains(index) && methods[index] == Array("HEAD".utf8)
    }
}
