import CLinux
import Glibc
import Sockets
import TCP
import Testing

@testable import Kernel

/// What the kernel tells as a whole is what it tells transition by transition: two streams see the same connections of this
/// process to itself.
@Suite struct CourseStreamTests {
    /// Both ends of a connection.
    private struct Ends {
        var client: Int32
        var server: Int32

        init(_ listener: Int32, _ address: sockaddr_in) throws {
            client = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            try #require(Loopback.connect(client, address) == 0)
            server = accept(listener, nil, nil)
            try #require(server >= 0)
        }

        func shut() {
            close(client)
            close(server)
        }
    }

    /// One stream's word for each socket.
    private struct Told: Equatable {
        var steps: [Step] = []
        var opener: Int32?
        var way: Opening.Way?
        var descriptor: Int32?
        var last: Last?

        struct Step: Equatable {
            var old: State
            var new: State
        }

        struct Last: Equatable {
            var acked: UInt64
            var received: UInt64
            var error: UInt16
            var flags: UInt8
            var local: Endpoint
            var remote: Endpoint
        }
    }

    private final class Teller {
        let stream: ConnectionStream
        private(set) var told: [UInt64: Told] = [:]
        private(set) var times: [UInt64: [UInt64]] = [:]
        private(set) var courses = 0
        private(set) var ongoing = 0

        init(courses: Bool, places: UInt32? = nil) throws {
            var options = StreamOptions()
            options.namespace = HostFacts.live().namespace
            options.courses = courses
            options.places = places
            options.bufferSize = 1 << 22
            stream = try ConnectionStream(options)
        }

        func read(all: Bool = true) throws { try stream.read(all: all, take) }

        /// The kernel may work off what came over loopback later than it was sent, on a machine that is busy.
        func readUntilOver(_ cookies: [UInt64]) throws {
            for _ in 0..<2000 {
                try read()
                if cookies.allSatisfy({ told[$0]?.last != nil }) { return }
                usleep(5000)
            }
            Issue.record("not all connections are over")
        }

        private func take(_ event: StreamEvent) {
            switch event {
            case .transition(let one):
                told[one.cookie, default: Told()].steps.append(Told.Step(old: one.old, new: one.new))
                times[one.cookie, default: []].append(one.time)
                guard one.isLast else { return }
                told[one.cookie]?.last = Told.Last(
                    acked: one.bytesAcked, received: one.bytesReceived, error: one.error, flags: one.flags.rawValue,
                    local: one.local, remote: one.remote)
            case .opening(let one):
                told[one.cookie, default: Told()].opener = one.process.pid
                told[one.cookie]?.way = one.way
                told[one.cookie]?.descriptor = one.descriptor
            case .course(let course):
                courses += 1
                if course.end == nil { ongoing += 1 }
                for event in course.events { take(event) }
            }
        }
    }

    /// Both streams are read, and know the same of the sockets.
    private func expectSame(_ single: Teller, _ whole: Teller, _ cookies: [UInt64], _ note: Comment? = nil) throws {
        try single.readUntilOver(cookies)
        try whole.read()
        for cookie in cookies {
            let told = try #require(single.told[cookie])
            #expect(whole.told[cookie] == told, note)
            let times = try #require(whole.times[cookie])
            #expect(times == times.sorted(), note)
            // Each sees a transition while the kernel makes it.
            let one = try #require(single.times[cookie])
            for (left, right) in zip(times, one) { #expect(max(left, right) - min(left, right) < 1_000_000_000, note) }
        }
        #expect(try single.stream.counts().isComplete && whole.stream.counts().isComplete)
    }

    @Test(
        "every way of opening and closing is told alike", arguments: [nil, 1, 1 << 15] as [UInt32?])
    func alike(places: UInt32?) throws {
        let listener = try Loopback()
        let (single, whole) = (try Teller(courses: false), try Teller(courses: true, places: places))
        var cookies: [UInt64] = []
        for round in 0..<60 {
            let ends = try Ends(listener.descriptor, listener.address)
            cookies += [linger_socket_cookie(ends.client), linger_socket_cookie(ends.server)]
            var byte: UInt8 = 0
            switch round % 6 {
            case 0:
                close(ends.client)
                _ = recv(ends.server, &byte, 1, 0)
                close(ends.server)
            case 1:
                close(ends.server)
                _ = recv(ends.client, &byte, 1, 0)
                close(ends.client)
            case 2:
                Loopback.resetOnClose(ends.client)
                ends.shut()
            case 3:
                // Unread data: a reset.
                _ = send(ends.client, "hello", 5, 0)
                close(ends.server)
                close(ends.client)
            case 4:
                _ = send(ends.client, "hello", 5, 0)
                _ = recv(ends.server, &byte, 1, Int32(MSG_PEEK))
                shutdown(ends.client, Int32(SHUT_WR))
                var text = [UInt8](repeating: 0, count: 8)
                while recv(ends.server, &text, 8, 0) > 0 {}
                ends.shut()
            default:
                // One that is told in the middle, and goes on.
                try whole.read()
                ends.shut()
            }
        }
        let nobody = try Loopback(listens: false)
        for _ in 0..<10 {
            let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            #expect(Loopback.connect(client, nobody.address) != 0)
            cookies.append(linger_socket_cookie(client))
            // The same socket again: the same cookie.
            #expect(Loopback.connect(client, nobody.address) != 0)
            close(client)
        }
        try expectSame(single, whole, cookies)
        if places == nil { #expect(whole.courses > 100) }
        if places == 1 { #expect(whole.courses < 10) }
        #expect(single.courses == 0)
    }

    @Test("a connection is told once it is a second old, and what follows as it comes")
    func grown() throws {
        let listener = try Loopback()
        let (single, whole) = (try Teller(courses: false), try Teller(courses: true))
        let ends = try Ends(listener.descriptor, listener.address)
        let cookies = [linger_socket_cookie(ends.client), linger_socket_cookie(ends.server)]
        try whole.read(all: false)
        #expect(cookies.allSatisfy { whole.told[$0] == nil })
        // By the clock of the connections: a second.
        usleep(1_050_000)
        try whole.read(all: false)
        for cookie in cookies { #expect(whole.told[cookie]?.steps.last?.new == .established) }
        #expect(whole.ongoing >= 2)
        try single.read()
        for cookie in cookies { #expect(whole.told[cookie] == single.told[cookie]) }
        let courses = whole.courses
        close(ends.client)
        var byte: UInt8 = 0
        #expect(recv(ends.server, &byte, 1, 0) == 0)
        close(ends.server)
        try expectSame(single, whole, cookies)
        // Its transitions came one by one: whatever other tests did meanwhile, none of its sockets came as a whole again.
        for cookie in cookies { #expect(whole.told[cookie]?.last != nil) }
        #expect(courses >= 2)
    }

    @Test("courses that find no room are counted, transition by transition")
    func overflow() throws {
        let listener = try Loopback()
        var options = StreamOptions()
        options.namespace = HostFacts.live().namespace
        options.bounds.remotePorts = listener.port...listener.port
        options.courses = true
        options.bufferSize = 4096
        let stream = try ConnectionStream(options)
        options.courses = false
        options.bufferSize = 1 << 22
        let all = try ConnectionStream(options)
        var open: Set<UInt64> = []
        for _ in 0..<100 {
            let ends = try Ends(listener.descriptor, listener.address)
            open.insert(linger_socket_cookie(ends.client))
            close(ends.client)
            var byte: UInt8 = 0
            _ = recv(ends.server, &byte, 1, 0)
            close(ends.server)
        }
        // The kernel may work off the last segments later than they were sent, and tells nobody when it has.
        for _ in 0..<2000 where !open.isEmpty {
            try all.read(all: true) { event in
                if case .transition(let one) = event, one.isLast { open.remove(one.cookie) }
            }
            usleep(5000)
        }
        #expect(open.isEmpty)
        try stream.read(all: true) { _ in }
        let (some, every) = (try stream.counts(), try all.counts())
        #expect(some.lostTransitions > 0 && some.lostOpenings > 0)
        #expect(some.transitions + some.lostTransitions == every.transitions)
        #expect(some.openings + some.lostOpenings == every.openings)
        #expect(every.isComplete)
    }
}
