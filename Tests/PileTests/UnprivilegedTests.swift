import Testing

@Suite("an unprivileged user")
struct UnprivilegedTests {
    @Test("sees a part: doctor says what is missing and ends with 4")
    func doctor() throws {
        try Pile.with("close-wait") { pile in
            let outcome = try Linger.runUnprivileged("doctor", ["--json", "--sample", "0.25"], in: pile)
            let report = try outcome.json(DoctorReport.self)
            #expect(outcome.exit == .code(4), "\(outcome)")
            #expect(report.exitCode == 4)
            #expect(report.gaps.map(\.kind).contains("process_descriptors"), "\(outcome)")
        }
    }

    @Test("reads in plain words what is missing and how to see it")
    func words() throws {
        try Pile.with("close-wait") { pile in
            let outcome = try Linger.runUnprivileged("doctor", ["--lang", "en", "--sample", "0.25"], in: pile)
            #expect(outcome.exit == .code(4), "\(outcome)")
            #expect((outcome.output + outcome.errors).contains("root"), "\(outcome)")
        }
    }

    @Test("gets every connection in the list, and no invented holder")
    func list() throws {
        try Pile.with("close-wait") { pile in
            let outcome = try Linger.runUnprivileged("list", ListRow.arguments, in: pile)
            let rows = try ListRow.rows(of: outcome)
            #expect(rows.count { $0.state == "close_wait" } == 200, "\(outcome)")
            #expect(rows.allSatisfy { $0.holders == nil || $0.holders == [] })
            #expect(!outcome.errors.isEmpty, "says what is missing")
        }
    }
}
