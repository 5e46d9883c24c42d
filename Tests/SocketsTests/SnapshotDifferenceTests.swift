import TCP
import Testing

@testable import Sockets

/// Looks a second apart, each a tenth of a second long.
@Suite struct SnapshotDifferenceTests {
    private static let second: UInt64 = 1_000_000_000
    private static let netns: UInt32 = 4_026_531_840
    private let local = Endpoint(address: IPAddress(v4: 0x7f00_0001), port: 6800)
    private let remote = Endpoint(address: IPAddress(v4: 0x7f00_0002), port: 40000)

    private struct World {
        var difference = SnapshotDifference()
        var looks: UInt64 = 0
        var doubtful: Set<UInt64> = []

        /// When look `number` begins: 1 s, 2 s …
        static func began(_ number: UInt64) -> UInt64 { number * second }
        static func ended(_ number: UInt64) -> UInt64 { number * second + second / 10 }

        mutating func look(
            _ connections: [Connection], holders: Bool = false, gaps: [Gap] = [], namespaces: [UInt32] = [netns]
        ) -> [StreamEvent] {
            looks += 1
            let snapshot = Snapshot(
                namespaces: namespaces.map { NetworkNamespace(inode: $0, name: nil, isOwn: true, pid: nil) },
                connections: connections, holders: [Holder(process: 0, descriptor: 9)],
                processes: [ProcessRecord(pid: 99, command: "server")], gaps: gaps)
            var events: [StreamEvent] = []
            doubtful = difference.take(
                snapshot, began: Self.began(looks), ended: Self.ended(looks), hasHolders: holders
            ) { events.append($0) }
            return events
        }

        func wantsHolders(_ connections: [Connection]) -> Bool {
            difference.wantsHolders(Snapshot(connections: connections))
        }

        mutating func transitions(_ connections: [Connection]) -> [Transition] {
            look(connections).compactMap { if case .transition(let one) = $0 { one } else { nil } }
        }
    }

    private func socket(
        _ cookie: UInt64, _ state: State, timer: Timer = .off, holding: Holding = .unseen, acked: UInt64? = nil
    ) -> Connection {
        var one = Connection(
            cookie: cookie, inode: 1, state: state, local: local, remote: remote, timer: timer, holding: holding)
        one.info.bytesAcked = acked
        return one
    }

    private func notice(
        _ cookie: UInt64, at time: UInt64, lastAck: UInt32? = 1, acked: UInt64? = 7, port: UInt16 = 40000
    ) -> EndNotice {
        EndNotice(
            time: time, cookie: cookie, namespace: Self.netns, local: local,
            remote: Endpoint(address: remote.address, port: port), bytesAcked: acked, bytesReceived: 0,
            retransmissions: 0, lastAckReceived: lastAck)
    }

    @Test("the first look only says what is there")
    func first() {
        var world = World()
        #expect(world.look([socket(3, .established)], holders: true).isEmpty)
        #expect(world.look([socket(3, .established)]).isEmpty)
    }

    @Test("another state is one transition, at some time between the looks, whatever lay in between")
    func changed() throws {
        var world = World()
        _ = world.look([socket(3, .established)])
        let seen = world.transitions([socket(3, .lastAck)])
        let one = try #require(seen.first)
        #expect(seen.count == 1 && one.old == .established && one.new == .lastAck && one.isDeduced)
        #expect(one.notBefore == World.began(1) && one.time == World.ended(2))
    }

    @Test(
        "the age that the kernel tells of a state makes the latest time earlier, but not earlier than the look before")
    func age() throws {
        var world = World()
        _ = world.look([socket(3, .established), socket(4, .established)])
        var young = socket(3, .closeWait)
        young.info.lastAckReceived = 500
        var old = socket(4, .closeWait)
        old.info.lastAckReceived = 60_000
        let seen = world.transitions([young, old])
        // 10 ms for the kernel's clock.
        #expect(seen.first { $0.cookie == 3 }?.time == World.ended(2) - 490_000_000)
        #expect(seen.first { $0.cookie == 4 }?.time == World.began(1))
    }

    @Test("what is new was not there when the look before began")
    func born() throws {
        var world = World()
        _ = world.look([])
        let one = try #require(world.transitions([socket(3, .established)]).first)
        #expect(one.old == .closed && one.new == .established && one.notBefore == World.began(1))
    }

    @Test("who has it open is told right before its transition, and once")
    func holder() throws {
        var world = World()
        _ = world.look([], holders: true)
        let held = socket(3, .established, holding: .held(start: 0, count: 1))
        let events = world.look([held], holders: true)
        guard case .opening(let opening)? = events.first, case .transition? = events.last else {
            Issue.record("\(events)")
            return
        }
        #expect(events.count == 2 && opening.way == .held && opening.process.pid == 99 && opening.descriptor == 9)
        #expect(world.look([held], holders: true).isEmpty)
    }

    @Test("holders are asked for where a look without them shows somebody's new socket, and not again in vain")
    func wantsHolders() {
        var world = World()
        let one = socket(3, .established)
        _ = world.look([], holders: true)
        #expect(world.wantsHolders([one]))
        // Until a look has sought them.
        _ = world.look([one])
        #expect(world.wantsHolders([one]))
        _ = world.look([one], holders: true)
        #expect(!world.wantsHolders([one]))
        // Nobody has accepted it yet; nobody has one that the kernel carries on.
        var queued = socket(4, .established)
        queued.inode = 0
        #expect(!world.wantsHolders([one, queued, socket(5, .timeWait)]))
    }

    @Test("one that a look does not show is in doubt, and gone when the next does not either")
    func missing() throws {
        var world = World()
        _ = world.look([socket(3, .established, acked: 5)])
        #expect(world.look([]).isEmpty)
        #expect(world.doubtful == [3])
        let one = try #require(world.transitions([]).first)
        #expect(world.doubtful.isEmpty)
        #expect(one.old == .established && one.new == .closed && one.bytesAcked == 5)
        #expect(one.notBefore == World.began(1) && one.time == World.ended(2))
    }

    @Test("one that a look passed over was never gone")
    func passedOver() {
        var world = World()
        let one = socket(3, .established)
        _ = world.look([one])
        #expect(world.look([]).isEmpty)
        #expect(world.look([one]).isEmpty)
        #expect(world.look([]).isEmpty && world.doubtful == [3])
    }

    @Test("a notice tells the end at once, with the last of what was carried")
    func noticed() throws {
        var world = World()
        _ = world.look([socket(3, .lastAck, acked: 5)])
        world.difference.take(notice(3, at: 1_500_000_000, acked: 8))
        let one = try #require(world.transitions([]).first)
        #expect(world.doubtful.isEmpty)
        #expect(one.old == .lastAck && one.new == .closed && one.bytesAcked == 8 && one.bytesReceived == 0)
        #expect(one.notBefore == World.began(1) && one.time == 1_500_000_000)
    }

    @Test("a connection that its own process reset has lost its numbers: those of the last look stand")
    func forgotten() throws {
        var world = World()
        _ = world.look([socket(3, .established, acked: 5)])
        world.difference.take(notice(3, at: 1_500_000_000, acked: 0, port: 0))
        let one = try #require(world.transitions([]).first)
        #expect(one.bytesAcked == 5 && one.remote == remote)
    }

    @Test("the notice of a socket that a small one carries on is no end", arguments: [State.timeWait, .finWait2])
    func handedOver(state: State) throws {
        var world = World()
        _ = world.look([socket(3, .finWait1, acked: 5)])
        world.difference.take(notice(3, at: 1_500_000_000, acked: 8))
        let timer = Timer(kind: .timeWait, retries: 0, expires: 59_900)
        let one = try #require(world.transitions([socket(3, state, timer: timer)]).first)
        #expect(one.old == .finWait1 && one.new == state && one.isHandedOver && one.time == 1_500_000_000)
        #expect(one.bytesAcked == 8)
        // Its end is its timer's.
        #expect(world.look([]).isEmpty)
        #expect(world.look([]).isEmpty)
        #expect(world.difference.brief == 0)
    }

    @Test("a connection between two looks is counted by its notice; what it went through is not invented")
    func brief() throws {
        var world = World()
        _ = world.look([])
        world.difference.take(notice(3, at: 1_500_000_000))
        let one = try #require(world.transitions([]).first)
        #expect(one.isBrief && one.isLast && one.notBefore == World.began(1) && one.time == 1_500_000_000)
        #expect(one.bytesAcked == 7 && world.difference.brief == 1)
    }

    @Test(
        "no connection between two looks: one that was over before, a socket that never had a peer, one of before the watch",
        arguments: [(900, 1), (3_600_000, 1), (1, 0)] as [(UInt32, UInt64)])
    func stale(lastAck: UInt32, looks: UInt64) {
        var world = World()
        for _ in 0..<looks { _ = world.look([]) }
        world.difference.take(notice(3, at: World.began(looks) + 500_000_000, lastAck: lastAck))
        #expect(world.look([]).isEmpty)
        #expect(world.difference.brief == 0)
    }

    @Test("a notice that comes while a look goes on waits for the next one: the connection may be in TIME_WAIT")
    func duringLook() throws {
        var world = World()
        _ = world.look([])
        for cookie in [3, 4] as [UInt64] { world.difference.take(notice(cookie, at: World.began(2) + 1)) }
        #expect(world.look([]).isEmpty)
        let timer = Timer(kind: .timeWait, retries: 0, expires: 59_000)
        let seen = world.transitions([socket(3, .timeWait, timer: timer)])
        let three = seen.filter { $0.cookie == 3 }
        #expect(three.map(\.new) == [.timeWait] && three.map(\.bytesAcked) == [7])
        #expect(seen.filter { $0.cookie == 4 }.map(\.isBrief) == [true])
        #expect(world.difference.brief == 1)
    }

    @Test("a connection between two looks is counted though its descriptor is closed many looks later")
    func briefAndKept() throws {
        var world = World()
        for _ in 0..<3 { _ = world.look([]) }
        world.difference.take(notice(3, at: 3_500_000_000, lastAck: 1500))
        let one = try #require(world.transitions([]).first)
        #expect(one.isBrief && one.notBefore == 1_990_000_000 && one.time == 3_500_000_000)
    }

    @Test("a descriptor that is closed long after its connection was over ends nothing again")
    func keptDescriptor() {
        var world = World()
        let timer = Timer(kind: .timeWait, retries: 0, expires: 59_900)
        _ = world.look([socket(3, .established), socket(4, .timeWait, timer: timer)])
        for _ in 0..<2 { _ = world.look([]) }
        world.difference.take(notice(3, at: 3_500_000_000, lastAck: 2400))
        world.difference.take(notice(4, at: 3_500_000_000, lastAck: 2400))
        #expect(world.look([]).isEmpty)
        #expect(world.difference.brief == 0)
    }

    @Test("a look at a part of the namespace takes nothing for gone, and what is new after it is not told as new")
    func part() {
        var world = World()
        _ = world.look([socket(3, .established)])
        let gap = Gap(kind: .interruptedDump, subject: String(Self.netns))
        #expect(world.look([], gaps: [gap]).isEmpty)
        #expect(world.look([], gaps: [gap]).isEmpty && world.doubtful == [3])
        // It may have been there.
        #expect(world.look([socket(3, .established), socket(4, .established)]).isEmpty)
    }

    @Test("what is in a namespace that comes into sight is older; what was in one that goes out of sight is over")
    func namespaces() throws {
        var world = World()
        _ = world.look([], namespaces: [])
        #expect(world.look([socket(3, .established)]).isEmpty)
        #expect(world.look([], namespaces: []).isEmpty)
        guard case .transition(let one)? = world.look([], namespaces: []).first else {
            Issue.record("its end is not told")
            return
        }
        #expect(one.cookie == 3 && one.new == .closed)
    }

    @Test("requests in a SYN queue, and sockets over subflows, are none")
    func none() {
        var world = World()
        _ = world.look([])
        var mptcp = socket(4, .established)
        mptcp.transport = .mptcp
        #expect(world.look([socket(3, .synReceived, holding: .request), mptcp, socket(0, .established)]).isEmpty)
    }

    @Test("what happened comes in the order of time")
    func order() {
        var world = World()
        _ = world.look([socket(3, .established), socket(4, .established), socket(5, .established)])
        world.difference.take(notice(3, at: 1_700_000_000))
        world.difference.take(notice(4, at: 1_300_000_000))
        #expect(world.transitions([socket(5, .closeWait)]).map(\.cookie) == [4, 3, 5])
    }
}
