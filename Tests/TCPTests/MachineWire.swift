import TCP

/// Two machines and a network between them that loses, doubles and reorders as told. It keeps both applications' bytes in
/// mind as places in the stream, and notices when a machine calls something readable that never arrived.
final class MachineWire {
    enum Side: Int, CaseIterable {
        case client = 0
        case server = 1

        var other: Side { self == .client ? .server : .client }
    }

    struct Sent: CustomStringConvertible {
        var from: Side
        var segment: Segment
        var at: Instant
        var description: String { "\(at.microseconds) \(from) \(segment.control.rawValue) \(segment.payloadCount)" }
    }

    private var machines: MachineBox
    var now = Instant(microseconds: 1_000_000)
    let delay: Microseconds
    /// Every segment put on the wire, lost ones included.
    private(set) var sent: [Sent] = []
    private var travelling: [(at: Instant, order: Int, to: Side, segment: Segment)] = []
    private var order = 0
    /// What becomes of segment `number` (counted from 0, both directions): how many copies, and how much later each.
    var fate: (Int, Sent) -> [Microseconds] = { _, _ in [0] }
    private(set) var notices: [Side: [Notice]] = [.client: [], .server: []]
    private(set) var readable: [Side: Int] = [.client: 0, .server: 0]
    private(set) var acknowledged: [Side: Int] = [.client: 0, .server: 0]
    private var stored: [Side: Set<UInt32>] = [.client: [], .server: []]
    private(set) var faults: [String] = []
    /// The application takes what is readable at once.
    var readsAtOnce = true
    var checksBytes = true

    init(
        client: Configuration = Configuration(), server: Configuration = Configuration(), delay: Microseconds = 10_000
    ) {
        machines = MachineBox(client, server)
        self.delay = delay
    }

    func state(_ side: Side) -> State { side == .client ? machines.client.state : machines.server.state }
    func status(_ side: Side) -> Status { side == .client ? machines.client.status : machines.server.status }
    func deadline(_ side: Side) -> Instant? { side == .client ? machines.client.deadline : machines.server.deadline }

    @discardableResult
    func call(_ side: Side, _ event: (inout ConnectionMachine, Instant) -> Actions) -> Actions {
        let actions: Actions
        let size: Int
        switch side {
        case .client:
            actions = event(&machines.client, now)
            size = machines.client.segmentSize
        case .server:
            actions = event(&machines.server, now)
            size = machines.server.segmentSize
        }
        perform(actions, side, size)
        return actions
    }

    private func perform(_ actions: Actions, _ side: Side, _ size: Int) {
        let status = status(side)
        if !actions.stored.isEmpty, checksBytes {
            for offset in 0..<actions.stored.count { stored[side]!.insert((actions.stored.start + offset).rawValue) }
        }
        if actions.readable > 0 {
            if checksBytes {
                for offset in readable[side]!..<readable[side]! + actions.readable
                where !stored[side]!.contains((status.initialReceive + 1 + offset).rawValue) {
                    faults.append("\(side): byte \(offset) is readable and never came")
                }
            }
            readable[side]! += actions.readable
        }
        acknowledged[side]! += actions.acknowledged
        for action in actions {
            switch action {
            case .notify(let notice): notices[side]!.append(notice)
            case .send(let segment):
                for piece in segment.pieces(of: size) { put(piece, from: side) }
            case .fail, .store, .arm, .cancel: break
            }
        }
        if readsAtOnce, actions.readable > 0, status.state != .closed {
            call(side) { $0.receive(actions.readable, at: $1) }
        }
    }

    private func put(_ segment: Segment, from side: Side) {
        let record = Sent(from: side, segment: segment, at: now)
        for later in fate(sent.count, record) {
            travelling.append((now + delay + later, order, side.other, segment))
            order += 1
        }
        sent.append(record)
    }

    /// Lets the next thing happen, a segment's arrival or a timeout; `false` when nothing is left, or not before `limit`.
    func step(until limit: Instant = Instant(microseconds: .max)) -> Bool {
        let arrival = travelling.indices.min {
            (travelling[$0].at, travelling[$0].order) < (travelling[$1].at, travelling[$1].order)
        }
        let timeout = Side.allCases.compactMap { side in deadline(side).map { (at: $0, side: side) } }
            .min { $0.at < $1.at }
        if let arrival, timeout.map({ travelling[arrival].at <= $0.at }) ?? true {
            let event = travelling[arrival]
            guard event.at <= limit else { return false }
            travelling.remove(at: arrival)
            now = max(now, event.at)
            call(event.to) { $0.arrive(event.segment, at: $1) }
            return true
        }
        guard let timeout, timeout.at <= limit else { return false }
        now = max(now, timeout.at)
        call(timeout.side) { $0.expire(at: $1) }
        return true
    }

    func run(for duration: Microseconds) {
        let limit = now + duration
        while step(until: limit) {}
        now = limit
    }

    /// Runs until nothing travels, or the timers alone would go on.
    func settle() {
        while !travelling.isEmpty, step() {}
    }

    func open() {
        call(.server) { machine, _ in machine.openPassively(initialSequence: SequenceNumber(300)) }
        call(.client) { $0.openActively(initialSequence: SequenceNumber(100), at: $1) }
        settle()
    }
}

struct MachineBox: ~Copyable {
    var client: ConnectionMachine
    var server: ConnectionMachine

    init(_ client: Configuration, _ server: Configuration) {
        self.client = ConnectionMachine(client)
        self.server = ConnectionMachine(server)
    }
}
