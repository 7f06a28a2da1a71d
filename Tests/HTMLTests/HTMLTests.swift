import HTML
import Testing

@Suite struct HTMLTests {
    private let hostile = "<script>alert('x')</script> & \"q\""
    private let escaped = "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;q&quot;"

    @Test func `text is escaped however it comes in`() {
        let interpolated: HTML = "\(hostile)"
        #expect(HTML.text(hostile).markup == escaped)
        #expect(interpolated.markup == escaped)
        #expect(HTML.element("p", [:], [.text(hostile)]).markup == "<p>\(escaped)</p>")
        #expect(HTML.group(["<", .text("決済"), "&amp;"]).markup == "&lt;決済&amp;amp;")
    }

    @Test func `attributes cannot be left`() {
        let link = HTML.element("a", ["href": "\" onclick=\"x", "title": hostile], ["go"])
        #expect(link.markup == "<a href=\"&quot; onclick=&quot;x\" title=\"\(escaped)\">go</a>")
    }

    @Test func `attributes without a value are left out`() {
        for (isChosen, markup) in [(true, "<option selected=\"\">a</option>"), (false, "<option>a</option>")] {
            #expect(HTML.element("option", ["selected": isChosen ? "" : nil], ["a"]).markup == markup)
        }
    }

    @Test(arguments: [
        ("br", HTML.element("br")), ("wbr", HTML.element("wbr")), ("img", HTML.element("img")),
        ("source", HTML.element("source")), ("col", HTML.element("col")), ("input", HTML.element("input")),
    ])
    func `void elements have no end`(name: String, element: HTML) { #expect(element.markup == "<\(name)>") }

    @Test func `other elements have an end also when empty`() { #expect(HTML.element("td").markup == "<td></td>") }

    @Test func `a page is whole`() {
        let page = HTML.page(title: "<決済>", style: "p{margin:0}", [.element("p", [:], ["hello"])])
        #expect(
            page
                == "<!doctype html>\n<html lang=\"ja\"><head><meta charset=\"utf-8\">"
                + "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
                + "<title>&lt;決済&gt;</title><style>p{margin:0}</style></head><body><p>hello</p></body></html>\n")
        #expect(HTML.page(title: "t", language: "en", style: "", []).contains("<html lang=\"en\">"))
    }
}
