import Testing

@testable import Web

@Suite struct ExpositionTests {
    private func text(_ write: (inout Exposition) -> Void) -> String {
        var page = Exposition()
        write(&page)
        return String(decoding: page.bytes, as: UTF8.self)
    }

    @Test func `a family is its help, its type and its samples`() {
        let page = text { page in
            page.begin("linger_connections", .gauge, "TCP sockets now.")
            page.sample(3, [("state", "close_wait"), ("process", "nginx")])
            page.sample(1)
        }
        #expect(
            page == """
                # HELP linger_connections TCP sockets now.
                # TYPE linger_connections gauge
                linger_connections{state="close_wait",process="nginx"} 3
                linger_connections 1

                """)
    }

    @Test(
        "what a program chose for its name cannot break out of a label",
        arguments: [
            (#"a"b"#, #"a\"b"#), (#"a\b"#, #"a\\b"#), ("a\nb 1", #"a\nb 1"#), ("\\\"\n", #"\\\"\n"#), ("凌", "凌"),
            ("", ""),
        ])
    func labels(name: String, written: String) {
        let page = text { page in
            page.begin("m", .counter, "h")
            page.sample(1, [("process", name)])
        }
        #expect(page.hasSuffix("m{process=\"\(written)\"} 1\n"))
    }

    @Test func `help escapes backslashes and line ends, and no quotes`() {
        let page = text { $0.begin("m", .gauge, "a \\ \"b\"\nc") }
        #expect(page.hasPrefix(#"# HELP m a \\ "b"\nc"# + "\n"))
    }

    @Test func `a histogram has cumulative buckets, the one of all, sum and count`() {
        let page = text { page in
            page.begin("d_seconds", .histogram, "h")
            page.histogram(
                [(bound: 0.001, count: 1), (bound: 60, count: 3)], count: 4, sum: 70.5, [("state", "listen")])
        }
        #expect(
            page.split(separator: "\n").dropFirst(2).map(String.init) == [
                #"d_seconds_bucket{state="listen",le="0.001"} 1"#, #"d_seconds_bucket{state="listen",le="60"} 3"#,
                #"d_seconds_bucket{state="listen",le="+Inf"} 4"#, #"d_seconds_sum{state="listen"} 70.5"#,
                #"d_seconds_count{state="listen"} 4"#,
            ])
    }

    @Test(
        "numbers are written as Prometheus reads them",
        arguments: [
            (0, "0"), (1, "1"), (0.25, "0.25"), (1e15, "1000000000000000.0"), (-2, "-2"), (1e-7, "1e-07"),
            (.infinity, "+Inf"),
            (-.infinity, "-Inf"), (.nan, "NaN"),
        ])
    func numbers(value: Double, written: String) {
        #expect(Exposition.text(value) == written)
    }
}
