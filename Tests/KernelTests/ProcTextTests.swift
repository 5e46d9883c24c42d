import Sockets
import Testing

@testable import Kernel

@Suite("the kernel's text files")
struct ProcTextTests {
    @Test(
        "words are separated by blanks, tabs and line ends",
        arguments: [
            ("", []), (" \t\n ", []), ("a", ["a"]), ("32768\t60999\n", ["32768", "60999"]),
            ("  a  b\nc ", ["a", "b", "c"]),
        ])
    func words(text: String, words: [String]) {
        #expect(ProcText(Array(text.utf8)).words.map { String(decoding: $0, as: UTF8.self) } == words)
    }

    @Test(
        "a number is decimal and fits, or is none",
        arguments: [
            ("0", 0), ("65535\n", 65_535), ("65536", nil), ("-1", nil), ("", nil), ("x", nil), ("1x", nil),
            ("0x10", nil),
            ("12 13", 12), ("\u{0}", nil), ("18446744073709551616", nil),
        ] as [(String, UInt16?)])
    func integer(text: String, value: UInt16?) {
        #expect(ProcText(Array(text.utf8)).integer(UInt16.self) == value)
    }

    @Test("the words behind a name: the whole name, with its colon")
    func value() {
        let text = ProcText(Array("TCP6: inuse 9\nTCP inuse 8\nTCP: inuse 4 orphan 0\nTCP: inuse 5\nend:".utf8))
        #expect(text.value(of: "TCP")?.map { String(decoding: $0, as: UTF8.self) } == ["inuse", "4", "orphan", "0"])
        #expect(text.value(of: "end")?.isEmpty == true)
        #expect(text.value(of: "UDP") == nil)
    }
}

@Suite("counters of /proc/net/netstat and /proc/net/snmp")
struct CounterReaderTests {
    private static func totals(_ text: String) -> [String: UInt64] {
        var totals: [String: UInt64] = [:]
        CounterReader.parse(ProcText(Array(text.utf8)), into: &totals)
        return totals
    }

    @Test("the groups TcpExt and Tcp, without what is negative")
    func parse() {
        let text = """
            TcpExt: SyncookiesSent ListenOverflows ListenDrops
            TcpExt: 0 12 18446744073709551615
            IpExt: InNoRoutes
            IpExt: 7
            Tcp: RtoAlgorithm MaxConn AttemptFails
            Tcp: 1 -1 33
            Udp: InDatagrams
            Udp: 9
            """
        #expect(
            Self.totals(text) == [
                "SyncookiesSent": 0, "ListenOverflows": 12, "ListenDrops": .max, "RtoAlgorithm": 1, "AttemptFails": 33,
            ])
    }

    @Test(
        "names without values, values without names, and different numbers of both",
        arguments: [
            ("", [:]), ("Tcp: A B\n", [:]), ("Tcp: A B\nTcp: 1\n", ["A": 1]), ("Tcp: A\nTcp: 1 2 3\n", ["A": 1]),
            ("Tcp: A\nTcpExt: 5\nTcp: B\nTcp: 2\n", ["B": 2]), ("Tcp:\nTcp:\n", [:]), ("Tcp: A\nTcp: x\n", [:]),
            ("TcpExt2: A\nTcpExt2: 1\n", [:]),
        ] as [(String, [String: UInt64])])
    func odd(text: String, expected: [String: UInt64]) {
        #expect(Self.totals(text) == expected)
    }

    @Test("no file is no sample, one of the two is one")
    func missing() throws {
        let folder = try TemporaryFolder()
        let inputs = NamespaceInputs(inputs: Inputs(mode: .replay(folder.path)), inode: 1)
        #expect(CounterReader(inputs: inputs).read() == nil)
        try folder.write("Tcp: AttemptFails\nTcp: 4\n", to: "netns/1/proc/net/snmp")
        #expect(CounterReader(inputs: inputs).read() == CounterSample(totals: ["AttemptFails": 4]))
    }
}

@Suite("limits of a host and of a namespace")
struct LimitsReaderTests {
    private let folder: TemporaryFolder
    private var reader: LimitsReader {
        LimitsReader(inputs: NamespaceInputs(inputs: Inputs(mode: .replay(folder.path)), inode: 1))
    }

    init() throws { folder = try TemporaryFolder() }

    private func write(_ text: String, _ file: String) throws { try folder.write(text, to: "netns/1/proc/\(file)") }

    @Test("what is not there is not seen")
    func nothing() {
        var reader = reader
        #expect(reader.namespace() == NamespaceLimits())
        var host = HostLimits()
        host.pageSize = 4096
        #expect(reader.host(pageSize: 4096) == host)
        #expect(reader.gaps.isEmpty)
    }

    @Test("what is there and cannot be read is a gap that names it")
    func unreadable() throws {
        for name in ["tcp_max_tw_buckets", "tcp_fin_timeout"] {
            // A folder where the file should be: read(2) says EISDIR to everybody, root too.
            try write("", "sys/net/ipv4/\(name)/file")
        }
        var reader = reader
        #expect(reader.namespace() == NamespaceLimits())
        #expect(reader.gaps.map(\.kind) == [.file])
        #expect(reader.gaps.map(\.count) == [2])
        #expect(
            reader.gaps.map(\.subject) == ["/proc/sys/net/ipv4/tcp_max_tw_buckets, /proc/sys/net/ipv4/tcp_fin_timeout"])
        #expect(reader.gaps.first?.reason.isEmpty == false)
    }

    @Test("each file has its field")
    func namespace() throws {
        let files: [(String, WritableKeyPath<NamespaceLimits, UInt64?>)] = [
            ("sys/net/ipv4/tcp_max_tw_buckets", \.maxTimeWait), ("sys/net/ipv4/tcp_tw_reuse", \.timeWaitReuse),
            ("sys/net/core/somaxconn", \.maxBacklog), ("sys/net/ipv4/tcp_max_syn_backlog", \.maxSynBacklog),
            ("sys/net/ipv4/tcp_syncookies", \.synCookies), ("sys/net/ipv4/tcp_synack_retries", \.synAckRetries),
            ("sys/net/ipv4/tcp_syn_retries", \.synRetries), ("sys/net/ipv4/tcp_retries2", \.retries2),
            ("sys/net/ipv4/tcp_orphan_retries", \.orphanRetries), ("sys/net/ipv4/tcp_fin_timeout", \.finTimeout),
            ("sys/net/ipv4/tcp_keepalive_time", \.keepaliveTime),
            ("sys/net/ipv4/tcp_keepalive_intvl", \.keepaliveInterval),
            ("sys/net/ipv4/tcp_keepalive_probes", \.keepaliveProbes),
            ("sys/net/ipv4/tcp_abort_on_overflow", \.abortOnOverflow),
            ("sys/net/netfilter/nf_conntrack_count", \.conntrackCount),
            ("sys/net/netfilter/nf_conntrack_max", \.conntrackMax),
        ]
        var expected = NamespaceLimits()
        for (number, (file, field)) in files.enumerated() {
            try write("\(number + 100)\n", file)
            expected[keyPath: field] = UInt64(number + 100)
        }
        try write("sockets: used 190\nTCP: inuse 4 orphan 1 tw 2 alloc 7 mem 3\nUDP: inuse 9 mem 0\n", "net/sockstat")
        (expected.timeWaitCount, expected.inUse) = (2, 4)
        var reader = reader
        #expect(reader.namespace() == expected)
        #expect(reader.gaps.isEmpty)
    }

    @Test("limits of the host")
    func host() throws {
        try write("4096\n", "sys/net/ipv4/tcp_max_orphans")
        try write("TCP: inuse 4 orphan 1 tw 2 alloc 7 mem 3\n", "net/sockstat")
        try write("20\t30\t40\n", "sys/net/ipv4/tcp_mem")
        try write("1000\t0\t9223372036854775807\n", "sys/fs/file-nr")
        try write("1048576\n", "sys/fs/nr_open")
        var expected = HostLimits()
        (expected.maxOrphans, expected.orphans) = (4096, 1)
        (expected.memoryLow, expected.memoryPressure, expected.memoryHigh, expected.memoryPages) = (20, 30, 40, 3)
        (expected.openFiles, expected.maxFiles) = (1000, 9_223_372_036_854_775_807)
        (expected.pageSize, expected.maxDescriptorsPerProcess) = (4096, 1_048_576)
        var reader = reader
        #expect(reader.host(pageSize: 4096) == expected)
    }

    @Test(
        "a range of ports has two ends in order",
        arguments: [
            ("32768\t60999\n", 32_768...60_999), ("1 1", 1...1), ("2 1", nil), ("1", nil), ("1 2 3", nil), ("a b", nil),
            ("0 65536", nil), ("", nil),
        ] as [(String, ClosedRange<UInt16>?)])
    func portRange(text: String, range: ClosedRange<UInt16>?) throws {
        try write(text, "sys/net/ipv4/ip_local_port_range")
        var reader = reader
        #expect(reader.namespace().portRange == range)
    }

    @Test(
        "reserved ports within the range",
        arguments: [
            ("\n", []), ("150\n", [150...150]), ("90-110,190-210,300\n", [100...110, 190...200]),
            ("50-400", [100...200]),
            ("9,201", []), ("160-150,x,-,170,1-99999", [170...170]), (",,", []),
        ] as [(String, [ClosedRange<UInt16>])])
    func reservedPorts(text: String, ports: [ClosedRange<UInt16>]) throws {
        try write("100 200", "sys/net/ipv4/ip_local_port_range")
        var reader = reader
        #expect(reader.namespace().reservedPorts == nil)
        try write(text, "sys/net/ipv4/ip_local_reserved_ports")
        #expect(reader.namespace().reservedPorts == ports)
    }

    @Test(
        "a sockstat that is cut or odd tells what it has",
        arguments: [
            ("TCP: inuse", nil), ("TCP: inuse 4 tw", 4), ("TCP:", nil), ("TCP: inuse -1", nil), ("TCP6: inuse 3", nil),
        ]
            as [(String, UInt64?)])
    func sockstat(text: String, inUse: UInt64?) throws {
        try write(text, "net/sockstat")
        var reader = reader
        let limits = reader.namespace()
        #expect(limits.inUse == inUse)
        #expect(limits.timeWaitCount == nil)
    }
}
