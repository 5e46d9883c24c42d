import History
import Sockets
import TCP

/// Rows as a busy server makes them.
struct SampleRows {
    static let host = HostRow(name: "db1", boot: "7d5b8f0e-6c0e-4e6a-9a51-0f8a0c7f2c11", kernel: "6.1.0")
    private static let start: Int64 = 1_760_000_000
    private var lives: UInt64 = 0
    private var minutes: Int64 = 0
    private var actions: Int64 = 0

    mutating func life() -> LifeRow {
        lives += 1
        let began = Self.start * 1_000_000 + Int64(lives) * 700
        let process = ProcessIdentity(pid: 800 + Int32(lives % 7), startTicks: 4711, command: "app\(lives % 7)")
        return LifeRow(
            reason: "reset_by_peer", cookie: 0x1000 + lives, namespace: 4_026_531_840, local: "10.0.0.1:8080",
            remote: "10.0.\(lives % 200).\(lives % 250):\(1024 + lives % 60_000)", isOutgoing: false,
            process: process, descriptor: Int32(lives % 1000),
            states: [
                .init(.synReceived, entered: began), .init(.established, entered: began + 85),
                .init(.closeWait, entered: began + 4_000_000),
            ], ended: began + 9_000_000, ending: "reset_by_peer", closedFirst: "peer", error: 104, bytesAcked: 1500,
            bytesReceived: 90_000, retransmissions: 2,
            stack: "handleRequest() server.py:\(lives % 40)\nmain() server.py:12\n__libc_start_main")
    }

    /// 500 rows a minute.
    mutating func minute() -> MinuteRow {
        minutes += 1
        let group = minutes % 500
        return MinuteRow(
            minute: Self.start / 60 + minutes / 500,
            process: ProcessIdentity(pid: 800 + Int32(group % 50), startTicks: 4711, command: "app\(group % 50)"),
            way: .destination("10.0.\(group / 250).\(group % 250):5432"),
            state: group < 250 ? .established : .closeWait, namespace: 4_026_531_840, count: group, opened: 3,
            closed: 2, dwell: .init(p50: 900, p90: 18_000, p99: 410_000))
    }

    mutating func action() -> ActionRow {
        actions += 1
        return ActionRow(
            time: Self.start * 1_000_000 + actions, source: "clear", run: "1-2", record: .act,
            json: #"{"record":"act","number":\#(actions)}"#)
    }
}
