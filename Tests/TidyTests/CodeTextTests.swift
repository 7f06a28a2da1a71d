import Testing

/// The reading of code that the other tests here stand on.
@Suite struct CodeTextTests {
    @Test(arguments: [
        ("let a = b // c!", "let a = b "), ("a /* b\nc */ d", "a \n d"), ("\"x!\" + y", "\"\" + y"),
        ("\"a \\(b! + \"c!\") d!\" e", "\"(b! + \"\")\" e"), ("\"\\\"x!\" y", "\"\" y"), ("#\"a\"b!\"# c", "\"\" c"),
        ("#\"\\(a!) \\#(b!)\"#", "\"(b!)\""), ("\"\"\"\nx! \"y\"\n\"\"\" z", "\"\n\n\" z"),
        ("func `a test!`() {}", "func _() {}"), ("f(g(1))", "f(g(1))"), ("\"\\(f(g(1)))!\"", "\"(f(g(1)))\""),
    ])
    func `comments, literals and quoted names are left out`(text: String, code: String) {
        #expect(CodeText.strip(text) == code)
    }

    @Test func `imports are found with any qualifier`() {
        let file = SourceTree.File(
            path: "x", text: "import A\npublic import B\n@testable import C\n// import D\nlet x = \"import E\"\n")
        #expect(file.imports == ["A", "B", "C"])
    }
}
