internal import TCP

/// Why bytes are no recollection. `description` is for the person whose daemon or recording it came from.
package enum RecollectionError: Error, Sendable, Hashable, CustomStringConvertible {
    case notOne
    case version(UInt32)
    /// It ends before it is whole, or goes on after it.
    case length(expected: UInt64, found: Int)
    /// A field that cannot be: its name.
    case field(String)

    package var description: String {
        switch self {
        case .notOne: "it is no answer of linger serve"
        case .version(let version): "it has version \(version), and this linger reads \(Recollection.version)"
        case .length(let expected, let found): "it has \(found) bytes, and says that it has \(expected)"
        case .field(let name): "its \(name) cannot be"
        }
    }
}

/// The bytes that go over the daemon's socket and stand in recordings. Little-endian, without padding:
///
/// - head, 72 bytes: `LNGRCOLL`, version, method (u32), length of it all, time, since, lost (u64), numbers of processes,
///   stacks, programs, connections, times and series (u32)
/// - processes, stacks, programs: their numbers and texts, each text behind its length (u16)
/// - connections, 32 bytes each: cookie, entered (u64, 0 for not known), program, opener, stack (u32), state, flags (u8),
///   two zero bytes
/// - times (u64), series: kind, state (u8), subject (u32), values (u32)
///
/// Indices that are not there are 2³² − 1.
extension Recollection {
    package static let version: UInt32 = 1
    static let magic = Array("LNGRCOLL".utf8)
    static let none = UInt32.max
    static let connectionSize = 32
    /// Texts are cut to this; a symbol can be longer than anybody reads.
    static let longestText = 1024
    static let mostFrames = 255

    package func encoded() -> [UInt8] {
        var writer = ByteWriter(reserving: 4096 + connections.count * Self.connectionSize)
        writer.bytes += Self.magic
        writer.append(Self.version)
        writer.append(UInt32(method.rawValue))
        writer.append(UInt64(0))
        for number in [time, since, lost] { writer.append(number) }
        for count in [processes.count, stacks.count, programs.count, connections.count] { writer.append(UInt32(count)) }
        for count in [counts.times.count, counts.series.count] { writer.append(UInt32(count)) }
        for process in processes {
            writer.append(process.pid)
            writer.append(process.startTicks)
            writer.append(process.command)
        }
        for stack in stacks {
            writer.append(stack.place)
            writer.append(UInt8(min(stack.frames.count, Self.mostFrames)))
            for frame in stack.frames.prefix(Self.mostFrames) { writer.append(frame) }
        }
        for program in programs { writer.append(program) }
        for connection in connections { writer.append(connection) }
        for time in counts.times { writer.append(time) }
        for series in counts.series { writer.append(series, length: counts.times.count) }
        writer.set(UInt64(writer.bytes.count), at: 16)
        return writer.bytes
    }

    package init(decoding bytes: [UInt8]) throws(RecollectionError) {
        var reader = ByteReader(bytes)
        guard bytes.starts(with: Self.magic) else { throw .notOne }
        reader.skip(Self.magic.count)
        let version = try reader.number(UInt32.self, "version")
        guard version == Self.version else { throw .version(version) }
        let rawMethod = try reader.number(UInt32.self, "method")
        guard let method = UInt8(exactly: rawMethod).flatMap(Method.init) else { throw .field("method") }
        let length = try reader.number(UInt64.self, "length")
        guard length == UInt64(bytes.count) else { throw .length(expected: length, found: bytes.count) }
        self.init(
            time: try reader.number(UInt64.self, "time"), since: try reader.number(UInt64.self, "since"),
            method: method, lost: try reader.number(UInt64.self, "lost"))
        let processCount = try reader.count("processes", size: 14)
        let stackCount = try reader.count("stacks", size: 3)
        let programCount = try reader.count("programs", size: 42)
        let connectionCount = try reader.count("connections", size: Self.connectionSize)
        let timeCount = try reader.count("times", size: 8)
        let seriesCount = try reader.count("series", size: 6)
        processes.reserveCapacity(processCount)
        for _ in 0..<processCount { processes.append(try reader.process()) }
        stacks.reserveCapacity(stackCount)
        for _ in 0..<stackCount { stacks.append(try reader.stack()) }
        programs.reserveCapacity(programCount)
        for _ in 0..<programCount { programs.append(try reader.program()) }
        connections.reserveCapacity(connectionCount)
        for _ in 0..<connectionCount { connections.append(try reader.connection(self)) }
        counts = try reader.counts(times: timeCount, series: seriesCount, processes: processCount)
        guard reader.isAtEnd else { throw .field("end") }
    }
}

extension ByteWriter {
    fileprivate mutating func append(_ program: Recollection.Program) {
        append(program.command ?? "")
        append(
            UInt8(
                (program.command == nil ? 0 : 1) | (program.listener == nil ? 0 : 2)
                    | (program.destination == nil ? 0 : 4)))
        append(program.listener ?? program.destination?.port ?? 0)
        append(program.namespace ?? 0)
        let address = program.destination?.address ?? IPAddress(v4: 0)
        append(address.family.rawValue)
        append(address.high)
        append(address.low)
        append(program.closed)
        append(program.slowest)
    }

    fileprivate mutating func append(_ connection: Recollection.Memory) {
        append(connection.cookie)
        append(connection.entered ?? 0)
        for index in [connection.program, connection.opener, connection.stack] {
            append(index.map(UInt32.init) ?? Recollection.none)
        }
        append(connection.state.rawValue)
        append(UInt8((connection.isExact ? 1 : 0) | (connection.isOverdue ? 2 : 0)))
        append(UInt16(0))
    }

    fileprivate mutating func append(_ series: Recollection.Counts.Series, length: Int) {
        switch series.subject {
        case .process(let index):
            append(UInt8(1))
            append(series.state?.rawValue ?? 0)
            append(UInt32(index))
        case .namespace(let inode):
            append(UInt8(2))
            append(series.state?.rawValue ?? 0)
            append(inode)
        }
        for place in 0..<length { append(place < series.values.count ? series.values[place] : 0) }
    }
}

extension ByteReader {
    fileprivate mutating func process() throws(RecollectionError) -> ProcessIdentity {
        ProcessIdentity(
            pid: try number(Int32.self, "pid"), startTicks: try number(UInt64.self, "start time"),
            command: try text("command"))
    }

    fileprivate mutating func stack() throws(RecollectionError) -> Recollection.Stack {
        var stack = Recollection.Stack(place: try text("place"))
        for _ in 0..<(try number(UInt8.self, "number of frames")) { stack.frames.append(try text("frame")) }
        return stack
    }

    fileprivate mutating func program() throws(RecollectionError) -> Recollection.Program {
        let command = try text("command")
        let parts = try number(UInt8.self, "program")
        let port = try number(UInt16.self, "port")
        let namespace = try number(UInt32.self, "namespace")
        let family = try number(UInt8.self, "family")
        let (high, low) = (try number(UInt64.self, "address"), try number(UInt64.self, "address"))
        guard parts < 8, parts & 6 != 6, let family = IPAddress.Family(rawValue: family) else {
            throw .field("program")
        }
        let address: IPAddress =
            family == .ipv4 ? IPAddress(v4: UInt32(truncatingIfNeeded: low)) : IPAddress(v6High: high, low: low)
        var program = Recollection.Program(
            command: parts & 1 != 0 ? command : nil, listener: parts & 2 != 0 ? port : nil,
            destination: parts & 4 != 0 ? Endpoint(address: address, port: port) : nil,
            namespace: parts & 2 != 0 ? namespace : nil)
        program.closed = try number(UInt64.self, "closed")
        program.slowest = try number(UInt64.self, "slowest")
        return program
    }

    fileprivate mutating func connection(_ whole: Recollection) throws(RecollectionError) -> Recollection.Memory {
        let cookie = try number(UInt64.self, "cookie")
        let entered = try number(UInt64.self, "time of entry")
        let program = try index(below: whole.programs.count, "program")
        let opener = try index(below: whole.processes.count, "opener")
        let stack = try index(below: whole.stacks.count, "stack")
        let state = try number(UInt8.self, "state")
        let flags = try number(UInt8.self, "flags")
        guard let state = State(rawValue: state) else { throw .field("state") }
        guard flags < 4, try number(UInt16.self, "flags") == 0 else { throw .field("flags") }
        return Recollection.Memory(
            cookie: cookie, entered: entered == 0 ? nil : entered, isExact: flags & 1 != 0, isOverdue: flags & 2 != 0,
            state: state, program: program, opener: opener, stack: stack)
    }

    fileprivate mutating func counts(
        times: Int, series: Int, processes: Int
    ) throws(RecollectionError) -> Recollection.Counts {
        var counts = Recollection.Counts()
        for _ in 0..<times {
            let time = try number(UInt64.self, "time of a count")
            guard counts.times.last.map({ $0 < time }) ?? true else { throw .field("order of times") }
            counts.times.append(time)
        }
        for _ in 0..<series {
            let kind = try number(UInt8.self, "kind of a series")
            let state = try number(UInt8.self, "state of a series")
            let subject = try number(UInt32.self, "subject of a series")
            guard state == 0 || State(rawValue: state) != nil else { throw .field("state of a series") }
            var values: [UInt32] = []
            guard times * 4 <= remaining else { throw .field("series") }
            values.reserveCapacity(times)
            for _ in 0..<times { values.append(try number(UInt32.self, "count")) }
            let found: Recollection.Counts.Subject
            switch kind {
            case 1 where Int(subject) < processes: found = .process(Int(subject))
            case 2: found = .namespace(subject)
            default: throw .field("subject of a series")
            }
            counts.series.append(
                Recollection.Counts.Series(
                    subject: found, state: state == 0 ? nil : State(rawValue: state), values: values))
        }
        return counts
    }
}
