import Diagnosis
import Kernel
import Sockets
import TCP
import Testing

@testable import Clearing
@testable import Commands

@Suite struct TunableTests {
    private enum End: Equatable {
        case value(String)
        case refused(TuneRefusal)
    }

    /// Setting, value now, value wanted, what is written (`nil`: refused), and why not.
    static let changes: [(String, String, String, String?, TuneRefusal?)] = [
        ("net.core.somaxconn", "128", "4096", "4096", nil),
        ("net.core.somaxconn", "8192", "4096", nil, .already("8192")),
        ("net.core.somaxconn", "4096", "4096", nil, .already("4096")),
        // As far as it goes, and no further.
        ("net.core.somaxconn", "16384", "65536", "65535", nil),
        ("net.core.somaxconn", "65535", "262140", nil, .already("65535")),
        ("net.core.somaxconn", "128", "0", nil, .outOfRange), ("net.core.somaxconn", "128", "many", nil, .outOfRange),
        ("net.core.somaxconn", "128", "1 2", nil, .outOfRange),
        ("net.core.somaxconn", "", "4096", nil, .unreadable("")),
        ("net.core.somaxconn", "-1", "4096", nil, .unreadable("-1")),
        // Downwards: never raised.
        ("net.ipv4.tcp_keepalive_time", "7200", "600", "600", nil),
        ("net.ipv4.tcp_keepalive_time", "300", "600", nil, .already("300")),
        ("net.ipv4.tcp_fin_timeout", "60", "1", nil, .outOfRange),
        // 0 stands for 8.
        ("net.ipv4.tcp_orphan_retries", "0", "3", "3", nil),
        ("net.ipv4.tcp_orphan_retries", "2", "3", nil, .already("2")),
        // Only wider.
        ("net.ipv4.ip_local_port_range", "32768 60999", "10240 65535", "10240 65535", nil),
        ("net.ipv4.ip_local_port_range", "2048 60999", "10240 65535", "2048 65535", nil),
        ("net.ipv4.ip_local_port_range", "1024 65535", "10240 65535", nil, .already("1024 65535")),
        ("net.ipv4.ip_local_port_range", "32768 60999", "80 65535", nil, .outOfRange),
        ("net.ipv4.tcp_syncookies", "0", "1", "1", nil), ("net.ipv4.tcp_syncookies", "2", "1", nil, .already("2")),
        ("net.ipv4.tcp_tw_reuse", "2", "1", "1", nil), ("net.ipv4.tcp_tw_reuse", "1", "1", nil, .already("1")),
        // Of 1,000,000 pages.
        ("net.ipv4.tcp_mem", "1000 2000 3000", "2000 4000 6000", "2000 4000 6000", nil),
        ("net.ipv4.tcp_mem", "1000 9000 10000", "2000 4000 6000", "2000 9000 10000", nil),
        ("net.ipv4.tcp_mem", "1000 2000 3000", "6000 4000 2000", nil, .outOfRange),
        ("net.ipv4.tcp_mem", "200000 300000 400000", "400000 600000 800000", nil, .tooMuchMemory),
        ("net.ipv4.tcp_max_orphans", "8192", "16384", "16384", nil),
        ("fs.file-max", "9223372036854775807", "200000", nil, .already("9223372036854775807")),
        ("fs.file-max", "100000", "99999999999999999999999", nil, .outOfRange),
    ]

    @Test("a change goes one way only, within what is sensible", arguments: changes.indices)
    func change(row: Int) throws {
        let (name, now, wanted, after, refusal) = Self.changes[row]
        let tunable = try #require(Tunable.named(name))
        let end: End
        do throws(TuneRefusal) {
            end = .value(try tunable.value(from: now, to: wanted, memoryPages: 1_000_000))
        } catch {
            end = .refused(error)
        }
        #expect(end == after.map { .value($0) } ?? refusal.map { .refused($0) })
    }

    /// A finding that proposes settings.
    private func finding(_ kind: Finding.Kind, _ settings: [(String, String)], namespace: Int? = nil) -> Finding {
        let remedies = settings.map { name, value in
            var remedy = Remedy(.now, "test")
            remedy.setting = Setting(name, value)
            remedy.namespace = namespace
            return remedy
        }
        return Finding(kind: kind, severity: .warning, subject: Subject(), facts: [], cause: "", remedies: remedies)
    }

    private let snapshot = Snapshot(namespaces: [
        NetworkNamespace(inode: 1, name: nil, isOwn: true, pid: 1),
        NetworkNamespace(inode: 2, name: "blue", isOwn: false, pid: 7),
    ])

    @Test("two findings that ask for one setting make one change, the one that goes further")
    func merged() {
        let name = "net.ipv4.tcp_max_tw_buckets"
        for values in [["20000", "30000"], ["30000", "20000"]] {
            let plan = TunePlan(
                [finding(.timeWaitPorts, [(name, values[0])]), finding(.timeWaitBuckets, [(name, values[1])])],
                in: snapshot, memoryPages: nil
            ) { _, _ in .success("10000") }
            #expect(plan.changes.map(\.after) == ["30000"] && plan.left.isEmpty)
            #expect(plan.changes.first?.findings == [.timeWaitPorts, .timeWaitBuckets])
        }
    }

    @Test("namespaces are kept apart; a host's setting is the host's whatever the finding says")
    func places() {
        let wanted = [("net.core.somaxconn", "4096"), ("net.ipv4.tcp_max_orphans", "9000")]
        let plan = TunePlan(
            [finding(.acceptQueueFull, wanted, namespace: 0), finding(.acceptQueueFull, wanted, namespace: 1)],
            in: snapshot, memoryPages: nil
        ) { name, _ in .success(name == "net.core.somaxconn" ? "128" : "8000") }
        #expect(plan.changes.map(\.namespace?.inode) == [1, nil, 2])
        #expect(plan.changes.map(\.lasts) == [true, true, false])
        #expect(
            plan.changes[2].setting.command(in: plan.changes[2].namespace)
                == "ip netns exec blue sysctl -w net.core.somaxconn=4096")
        let text = SysctlFile.text(nil, with: plan.changes)
        #expect(text.split(separator: "\n").count { $0.hasPrefix("net.core.somaxconn = ") } == 1, "\(text)")
    }

    @Test("what the table does not have is told and never written; what cannot be read neither")
    func unknown() {
        let plan = TunePlan(
            [finding(.acceptQueueFull, [("kernel.panic", "1"), ("net.core.somaxconn", "4096")])], in: snapshot,
            memoryPages: nil
        ) { _, _ in .failure(KernelError(call: "open", code: 2)) }
        #expect(plan.changes.isEmpty)
        #expect(plan.left.map(\.reason.key) == ["unknown", "unreadable"])
    }

    @Test(
        "every setting that the doctor proposes is in the table",
        arguments: [
            "net.core.somaxconn", "net.ipv4.tcp_syncookies", "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout",
            "net.ipv4.tcp_tw_reuse", "net.ipv4.tcp_max_tw_buckets", "net.ipv4.tcp_mem", "net.ipv4.tcp_max_orphans",
            "net.ipv4.tcp_orphan_retries", "net.netfilter.nf_conntrack_max",
            "net.netfilter.nf_conntrack_tcp_timeout_established", "fs.file-max", "net.ipv4.ip_local_port_range",
        ])
    func known(name: String) {
        #expect(Tunable.named(name) != nil)
    }
}
