import Sockets
import Testing

@testable import Kernel

@Suite("what /proc tells of a process")
struct ProcessReaderTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try folder.write(
            "root:x:0:0::/root:/bin/sh\nbroken\nx:y\nwww-data:x:33:33::/:/\nother:x:33:33::/:/\n", to: "etc/passwd")
    }

    /// 1000 s after boot, 100 ticks a second.
    private func read(details: Bool = true) -> ProcessRecord? {
        let host = HostFacts(
            time: 0, monotonic: 0, boottime: 1_000_000, host: "", kernel: "", observer: 0, pageSize: 4096,
            ticksPerSecond: 100, hertz: 250, namespace: 1, seesAllProcesses: true, isProcOurs: true)
        return ProcessReader(inputs: Inputs(mode: .replay(folder.path)), host: host).read(7, details: details)
    }

    private func write(_ text: String, _ file: String) throws { try folder.write(text, to: "proc/7/\(file)") }

    private static func stat(_ command: String, start: String = "12345") -> String {
        "7 (\(command)) S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 \(start) 1000 200 18446744073709551615\n"
    }

    @Test("a whole process")
    func whole() throws {
        try write(Self.stat("nginx"), "stat")
        try write("Name:\tnginx\nUid:\t0\t33\t33\t33\n", "status")
        try write("nginx:\u{0}worker process\u{0}", "cmdline")
        try write("0::/system.slice/nginx.service\n", "cgroup")
        try write(
            "Limit  Soft  Hard  Units\nMax open files            1024                 524288               files\n",
            "limits")
        try write("net:[4026531840]", "ns/net.link")
        var expected = ProcessRecord(pid: 7, command: "nginx")
        (expected.parent, expected.startTicks, expected.age) = (1, 12_345, 876_550)
        // The effective user; the first of two names.
        (expected.uid, expected.user) = (33, "www-data")
        expected.commandLine = "nginx: worker process"
        (expected.cgroup, expected.unit) = ("/system.slice/nginx.service", "nginx.service")
        (expected.descriptorLimit, expected.descriptorHardLimit) = (1024, 524_288)
        expected.namespace = 4_026_531_840
        #expect(read() == expected)
    }

    @Test("without details, only the stat line is read")
    func withoutDetails() throws {
        try write(Self.stat("nginx"), "stat")
        try write("Uid:\t0\t33\t33\t33\n", "status")
        let record = try #require(read(details: false))
        #expect(record.command == "nginx" && record.startTicks == 12_345)
        #expect(record.uid == nil && record.commandLine == nil)
    }

    @Test(
        "a name may hold anything",
        arguments: ["a b", "(sd-pam)", ")", "((", ") S 99 (", "a\nb", "\u{1b}[31m", "", " ", "7 (x) R 2"])
    func names(command: String) throws {
        try write(Self.stat(command), "stat")
        let record = try #require(read())
        #expect(record.command == command)
        #expect(record.parent == 1)
        #expect(record.startTicks == 12_345)
    }

    @Test("a name that is no UTF-8 is shown with marks in its place")
    func notUTF8() throws {
        try folder.write(Array("7 (a".utf8) + [0xff] + Array(") S 1\n".utf8), to: "proc/7/stat")
        #expect(read()?.command == "a\u{fffd}")
    }

    @Test(
        "a line without a name is no process", arguments: ["", "7", "7 nginx S 1", "7 )x( S", "7 (nginx", "7 nginx)"])
    func withoutName(text: String) throws {
        try write(text, "stat")
        #expect(read() == nil)
    }

    @Test("a process that is gone is no process")
    func gone() throws {
        #expect(read() == nil)
        try folder.write("2\n", to: "proc/7/stat.errno")
        #expect(read() == nil)
    }

    @Test("a line cut at any byte invents nothing")
    func cut() throws {
        let whole = Self.stat("nginx")
        for length in 0..<whole.utf8.count {
            try write(String(whole.prefix(length)), "stat")
            guard let record = read(details: false) else {
                #expect(length < 9, "\(length)")
                continue
            }
            #expect(record.command == "nginx")
            #expect(record.parent == nil || record.parent == 1)
            #expect(record.startTicks.map { "12345".hasPrefix(String($0)) } ?? true)
        }
    }

    @Test(
        "a start that cannot be is no age",
        arguments: [
            ("0", 1_000_000), ("100000", 0), ("100001", 0), ("18446744073709551615", nil), ("-1", nil), ("x", nil),
        ] as [(String, UInt64?)])
    func start(text: String, age: UInt64?) throws {
        try write(Self.stat("nginx", start: text), "stat")
        let record = try #require(read())
        #expect(record.age == age)
        #expect(record.startTicks == UInt64(text))
    }

    @Test(
        "a limit may be unlimited, cut or missing",
        arguments: [
            ("Max open files            1024                 unlimited            files\n", 1024, .max),
            ("Max open files            unlimited            unlimited            files\n", .max, .max),
            ("Max open files            1024", 1024, nil), ("Max open files", nil, nil), ("Max open", nil, nil),
            ("", nil, nil),
            ("Max open files  -1 x files\n", nil, nil), ("Max processes  1 2\nMax open files 3 4 files", 3, 4),
        ] as [(String, UInt64?, UInt64?)])
    func limits(text: String, soft: UInt64?, hard: UInt64?) throws {
        try write(Self.stat("nginx"), "stat")
        try write(text, "limits")
        let record = try #require(read())
        #expect(record.descriptorLimit == soft)
        #expect(record.descriptorHardLimit == hard)
    }

    @Test(
        "arguments are joined by blanks; a kernel thread has none",
        arguments: [
            (Array("a\0b c\0".utf8), "a b c"), ([], ""), ([0, 0, 0], ""), (Array("a".utf8), "a"),
            ([0x61, 0xff, 0, 0x62], "a\u{fffd} b"),
        ] as [([UInt8], String)])
    func commandLine(bytes: [UInt8], text: String) throws {
        try write(Self.stat("nginx"), "stat")
        try folder.write(bytes, to: "proc/7/cmdline")
        #expect(read()?.commandLine == text)
    }

    @Test(
        "a user that has no name, and a status that tells none",
        arguments: [
            ("Uid:\t0\t4242\t0\t0", 4242, nil), ("Uid:\t0", nil, nil), ("Gid:\t1 2", nil, nil), ("Uid: 0 0", 0, "root"),
        ]
            as [(String, UInt32?, String?)])
    func user(text: String, uid: UInt32?, user: String?) throws {
        try write(Self.stat("nginx"), "stat")
        try write(text, "status")
        let record = try #require(read())
        #expect(record.uid == uid)
        #expect(record.user == user)
    }

    @Test(
        "the inode of a namespace's link",
        arguments: [
            ("net:[4026531840]", 4_026_531_840), ("net:[]", nil), ("net:[x]", nil), ("net:[1", nil), ("mnt:[1]", nil),
            ("net:[4294967296]", nil), ("", nil),
        ] as [(String, UInt32?)])
    func namespace(link: String, inode: UInt32?) {
        #expect(namespaceInode(link) == inode)
    }
}
