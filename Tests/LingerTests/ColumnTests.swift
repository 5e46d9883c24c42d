import Sockets
import TCP
import Testing

@testable import Commands

@Suite struct ColumnTests {
    @Test("names and keys are unique, and of the letters that they may have")
    func names() {
        #expect(Set(Column.list.map(\.name)).count == Column.list.count)
        #expect(Set(Column.list.map(\.key)).count == Column.list.count)
        for column in Column.list {
            #expect(column.name.allSatisfy { "abcdefghijklmnopqrstuvwxyz-".contains($0) })
            #expect(column.key.allSatisfy { "abcdefghijklmnopqrstuvwxyz_".contains($0) })
            #expect(!column.title(in: .en).isEmpty && !column.title(in: .zh).isEmpty)
        }
    }

    @Test("what is not known is a dash for people and nothing for programs")
    func unknown() {
        let bare = Connection(
            cookie: 0, inode: 0, state: .established, local: SampleHost.nowhere, remote: SampleHost.nowhere)
        let rows = Rows(Snapshot(), language: .en)
        let known: Set = ["state", "recv-q", "send-q", "local", "remote", "timer", "transport", "holding", "family"]
        for column in Column.list where !known.contains(column.name) {
            #expect(text(column.text, bare, rows) == "-", "\(column.name)")
            #expect(text(column.plain, bare, rows) == "", "\(column.name)")
            #expect(column.sortKey(bare, rows) == .unknown, "\(column.name)")
        }
    }

    @Test(
        "cells for people",
        arguments: [
            ("age", SampleHost.closeWait, "≥12m"),
            ("age", SampleHost.timeWait, "34s"),
            ("age", SampleHost.established, "idle 250ms"),
            ("timer", SampleHost.established, "retransmit 3.2s ×4"),
            ("timer", SampleHost.closeWait, "off"),
            ("holders", SampleHost.closeWait, "nginx 812/14 nginx 813/14"),
            ("holders", SampleHost.unaccepted, "not accepted (listener nginx 812/6 nginx 813/6)"),
            ("holders", SampleHost.orphan, "orphan"),
            ("holders", SampleHost.request, "request"),
            ("holders", SampleHost.unseen, "-"),
            ("unit", SampleHost.closeWait, "nginx.service"),
            ("unit", SampleHost.linkLocal, "docker:0123456789ab"),
            ("local", SampleHost.linkLocal, "[fe80::1%eth0]:40000"),
            ("remote", SampleHost.established, "[::ffff:192.168.1.5]:5432"),
            ("remote", SampleHost.listener, "0.0.0.0:*"),
            ("netns", SampleHost.unseen, "blue"),
            ("netns", SampleHost.closeWait, "net:[4026531840]"),
            ("user", SampleHost.closeWait, "www-data"),
            ("user", SampleHost.established, "1000"),
            ("rtt", SampleHost.closeWait, "1.2ms"),
            ("skmem", SampleHost.closeWait, "r2304,rb131072,t0,tb87040,f1792,w0,o0,bl0,d0"),
            ("listener", SampleHost.unaccepted, "0.0.0.0:80"),
            ("listener", SampleHost.listener, "-"),
        ])
    func cells(name: String, connection: Connection, wanted: String) throws {
        let column = try #require(Column.named(name))
        #expect(text(column.text, connection, Rows(SampleHost.snapshot(), language: .en)) == wanted)
    }

    @Test("a pool of workers behind a listener is cut to three names")
    func manyWorkers() throws {
        var snapshot = SampleHost.snapshot()
        snapshot.holders = (0..<5).map { Holder(process: 0, descriptor: $0) }
        snapshot.connections[0].holding = .held(start: 0, count: 5)
        let cell = text(Column.holders.text, SampleHost.unaccepted, Rows(snapshot, language: .en))
        #expect(cell == "not accepted (listener nginx 812/0 nginx 812/1 nginx 812/2 +2)")
    }

    @Test("a holder that points nowhere is left out, not followed")
    func brokenHolders() {
        var snapshot = SampleHost.snapshot()
        snapshot.holders = [Holder(process: 99, descriptor: 1), Holder(process: -1, descriptor: 2)]
        var connection = SampleHost.closeWait
        let rows = Rows(snapshot, language: .en)
        connection.holding = .held(start: 0, count: 2)
        #expect(text(Column.holders.text, connection, rows) == "-")
        connection.holding = .held(start: .max, count: .max)
        #expect(text(Column.holders.text, connection, rows) == "-")
        connection.namespace = 77
        #expect(text(Column.namespace.text, connection, rows) == "-")
    }

    private func text(_ write: Column.Writer, _ connection: Connection, _ rows: Rows) -> String {
        var buffer = ByteBuffer()
        write(connection, rows, &buffer)
        return buffer.text()
    }
}
