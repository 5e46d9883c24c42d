import Foundation
import Glibc
import Testing

@testable import Kernel

@Suite struct ServiceManagerTests {
    /// A socket as systemd's, that takes what comes.
    private final class Manager {
        let name: String
        private let raw: Int32

        init(name: String) throws {
            self.name = name
            raw = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
            var bytes = Array(name.utf8)
            if bytes[0] == UInt8(ascii: "@") { bytes[0] = 0 }
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
            let size = socklen_t(2 + bytes.count + (bytes[0] == 0 ? 0 : 1))
            let code = withUnsafePointer(to: address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(raw, $0, size) }
            }
            try #require(code == 0)
        }

        deinit {
            close(raw)
            if name.hasPrefix("/") { unlink(name) }
        }

        func next() -> String? {
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = recv(raw, &buffer, buffer.count, 0)
            return count >= 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
        }
    }

    private static let names = [
        "@linger-test-\(getpid())", NSTemporaryDirectory() + "linger-notify-\(getpid())",
    ]

    @Test("what is told arrives, by path and by abstract name", arguments: names)
    func told(name: String) throws {
        let manager = try Manager(name: name)
        let service = try #require(ServiceManager { ["NOTIFY_SOCKET": name][$0] })
        #expect(service.watchdog == nil)
        try service.ready(status: "watching\n1 connection")
        #expect(manager.next() == "READY=1\nSTATUS=watching 1 connection")
        try service.tell(status: "x")
        #expect(manager.next() == "STATUS=x")
        try service.isAlive()
        #expect(manager.next() == "WATCHDOG=1")
        try service.stopping(status: "y")
        #expect(manager.next() == "STOPPING=1\nSTATUS=y")
        try service.reloading()
        let lines = try #require(manager.next()).split(separator: "\n")
        #expect(lines.first == "RELOADING=1")
        let time = try #require(lines.last?.split(separator: "=").last.flatMap { UInt64($0) })
        #expect(time > 0 && time <= HostClock.monotonic / 1000)
        #expect(manager.next() == nil)
    }

    @Test(
        "the watchdog is the one of this process",
        arguments: [
            (["WATCHDOG_USEC": "30000000"], 30_000_000_000),
            (["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "7"], 30_000_000_000),
            (["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "8"], nil), (["WATCHDOG_USEC": "0"], nil),
            (["WATCHDOG_USEC": "x"], nil),
        ] as [([String: String], UInt64?)])
    func watchdog(variables: [String: String], wanted: UInt64?) throws {
        let all = variables.merging(["NOTIFY_SOCKET": "/run/x"]) { $1 }
        #expect(try #require(ServiceManager({ all[$0] }, pid: 7)).watchdog == wanted)
    }

    @Test("nobody wants to hear", arguments: [nil, "", "vsock:2:1234", "run/x"] as [String?])
    func nobody(name: String?) {
        #expect(ServiceManager { $0 == "NOTIFY_SOCKET" ? name : nil } == nil)
    }

    @Test("a manager that is gone is an error, and no crash", arguments: ["/nowhere/notify", "@nobody-\(getpid())"])
    func gone(name: String) throws {
        let service = try #require(ServiceManager { ["NOTIFY_SOCKET": name][$0] })
        #expect(throws: KernelError.self) { try service.isAlive() }
        let long = try #require(ServiceManager { ["NOTIFY_SOCKET": "/" + String(repeating: "x", count: 200)][$0] })
        #expect(throws: KernelError.self) { try long.isAlive() }
    }

    @Test func `this process tells what it takes`() throws {
        let use = OwnUse.now()
        #expect(use.processorSeconds > 0)
        #expect(try #require(use.residentBytes) > 1 << 20)
        #expect(try #require(use.openDescriptors) > 2)
        let started = try #require(use.started)
        #expect(started < Double(HostClock.wall) / 1e9 + 1 && started > 1e9)
    }

    @Test func `whoever waits is woken by another thread, until it is cleared`() throws {
        let waker = try Waker()
        let interruption = try Interruption(by: waker)
        var isPending = interruption.isPending
        #expect(!isPending)
        let thread = try Worker { waker.wake() }
        waker.wait()
        try thread.join()
        isPending = interruption.isPending
        #expect(isPending)
        waker.clear()
        isPending = interruption.isPending
        #expect(!isPending)
    }

    @Test(
        "times are told in UTC",
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (951_782_400, "2000-02-29T00:00:00Z"), (1_700_000_000, "2023-11-14T22:13:20Z"),
        ])
    func utc(seconds: Int64, text: String) {
        #expect(HostClock.utcText(seconds) == text)
    }
}
