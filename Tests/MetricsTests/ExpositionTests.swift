import Metrics
import Testing

@Suite struct ExpositionTests {
    @Test func `a name has its help, its type and then its samples`() {
        var page = Exposition()
        page.begin("kessai_jobs", .gauge, "Jobs.")
        page.sample("kessai_jobs", ["kind": "a", "state": "dead"], 3)
        page.sample("kessai_jobs", 7)
        #expect(
            page.text == """
                # HELP kessai_jobs Jobs.
                # TYPE kessai_jobs gauge
                kessai_jobs{kind="a",state="dead"} 3
                kessai_jobs 7

                """)
    }

    @Test(arguments: [
        (0, "0"), (1, "0.001"), (20, "0.020"), (1_000, "1"), (1_500, "1.500"), (61_007, "61.007"), (-5, "-0.005"),
    ])
    func `durations are seconds`(milliseconds: Int64, seconds: String) {
        var page = Exposition()
        page.sample("lag_seconds", milliseconds: milliseconds)
        #expect(page.text == "lag_seconds \(seconds)\n")
    }

    @Test func `what would end a label or its line is escaped`() {
        var page = Exposition()
        page.sample("a", ["label": "back\\slash \"quoted\"\nline"], 1)
        #expect(page.text == "a{label=\"back\\\\slash \\\"quoted\\\"\\nline\"} 1\n")
    }
}

@Suite struct RequestMetricsTests {
    private func lines(_ metrics: RequestMetrics) -> [Substring] {
        var page = Exposition()
        metrics.write(to: &page)
        return page.text.split(separator: "\n")
    }

    @Test func `requests are counted by route, status and how long they took`() {
        let metrics = RequestMetrics()
        for milliseconds: Int64 in [0, 1, 2, 40, 40_000] {
            metrics.begin()
            metrics.end(method: "GET", route: "/api/orders/{id}", status: 200, milliseconds: milliseconds)
        }
        metrics.begin()
        metrics.end(method: "GET", route: "/api/orders/{id}", status: 404, milliseconds: 3)
        let lines = lines(metrics)
        func bucket(_ bound: String, _ count: Int) -> Bool {
            lines.contains(
                "kessai_http_request_duration_seconds_bucket{method=\"GET\",route=\"/api/orders/{id}\",status=\"200\",le=\"\(bound)\"} \(count)"
            )
        }
        #expect(bucket("0.001", 2) && bucket("0.002", 3) && bucket("0.020", 3) && bucket("0.050", 4))
        #expect(bucket("30", 4) && bucket("+Inf", 5))
        let labels = "{method=\"GET\",route=\"/api/orders/{id}\",status=\"200\"}"
        #expect(lines.contains("kessai_http_request_duration_seconds_count\(labels) 5"))
        #expect(lines.contains("kessai_http_request_duration_seconds_sum\(labels) 40.043"))
        #expect(lines.contains { $0.hasSuffix("status=\"404\"} 1") })
    }

    @Test func `requests under way go up and down, and refusals are counted by their code`() {
        let metrics = RequestMetrics()
        metrics.begin()
        metrics.begin()
        metrics.end(method: "GET", route: "/", status: 200, milliseconds: 1)
        metrics.refuse("rate_limited")
        metrics.refuse("rate_limited")
        metrics.connectionOpened()
        metrics.connectionOpened()
        metrics.connectionClosed()
        metrics.turnAway("connections")
        let lines = lines(metrics)
        #expect(lines.contains("kessai_http_connections 1"))
        #expect(lines.contains("kessai_http_connections_turned_away_total{reason=\"connections\"} 1"))
        #expect(lines.contains("kessai_http_requests_under_way 1"))
        #expect(lines.contains("kessai_http_refusals_total{code=\"rate_limited\"} 2"))
    }

    @Test func `a clock that was set back makes no negative durations`() {
        var histogram = Histogram()
        histogram.observe(milliseconds: -3)
        #expect(histogram.sumMs == 0 && histogram.count == 1 && histogram.cumulative.first?.count == 1)
    }
}
