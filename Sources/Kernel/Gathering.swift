internal import Sockets

/// What the namespaces of a look show, in order, on its way into one list of connections. Parts come while the kernel is
/// still read, and are made into connections by whoever is free.
///
/// `@unchecked Sendable`: all that changes does so under `monitor`, but for a part's memory, which is its maker's alone.
final class Gathering: @unchecked Sendable {
    private enum Part: Sendable {
        case records(SocketRecords.Block, SocketRecordDecoder)
        case made([Connection])

        var count: Int {
            switch self {
            case .records(let block, _): block.count
            case .made(let connections): connections.count
            }
        }

        /// Writes its connections to the memory at `target`.
        func fill(_ target: UnsafeMutablePointer<Connection>) {
            switch self {
            case .records(let block, let decoder):
                block.withBytes { bytes in
                    let made = decoder.decode(bytes, to: target)
                    precondition(made == block.count, "a record was counted and not decoded")
                }
            case .made(let connections):
                connections.withUnsafeBufferPointer { made in
                    if let first = made.baseAddress { target.initialize(from: first, count: made.count) }
                }
            }
        }
    }

    private let monitor = Monitor()
    private var parts: [Part] = []
    /// By part: its connections' indices.
    private var places: [Range<Int>] = []
    /// By part, once it is made: how many holders were found for it.
    private var counts: [Int] = []
    /// Of all parts.
    private var total = 0
    private var isMultipath = false
    /// The first part that nobody has taken.
    private var next = 0
    private var isOver = false
    private var memory = UnsafeMutableBufferPointer<Connection>(start: nil, count: 0)

    // MARK: Parts that come

    func add(_ blocks: [SocketRecords.Block], _ decoder: SocketRecordDecoder, isMultipath: Bool) {
        guard !blocks.isEmpty else { return }
        add(blocks.map { .records($0, decoder) }, isMultipath)
    }

    func add(_ connections: [Connection]) {
        guard !connections.isEmpty else { return }
        add([.made(connections)], connections.contains { $0.transport != .tcp })
    }

    private func add(_ new: [Part], _ multipath: Bool) {
        monitor.locked {
            for part in new {
                parts.append(part)
                places.append(total..<total + part.count)
                counts.append(0)
                total += part.count
            }
            isMultipath = isMultipath || multipath
        }
    }

    /// No more parts come: who helps may go.
    func end() { monitor.locked { isOver = true } }

    // MARK: Making connections of them

    /// Makes parts as they come, until the end. What belongs to MPTCP is left for it: it needs another index, and
    /// is mostly none.
    func help(_ finder: HolderFinder) {
        while true {
            monitor.wait { isOver || canTake }
            guard let part = monitor.locked({ take() }) else { return }
            make(part, finder)
        }
    }

    private var canTake: Bool { next < parts.count && places[next].upperBound <= memory.count }

    private func take() -> Int? {
        guard !isOver, canTake else { return nil }
        next += 1
        return next - 1
    }

    private func make(_ number: Int, _ finder: HolderFinder?) {
        let (part, place, memory) = monitor.locked { (parts[number], places[number], self.memory) }
        guard let first = memory.baseAddress else { return }
        part.fill(first + place.lowerBound)
        let count = finder?.find(memory, place) ?? 0
        monitor.locked {
            counts[number] = count
            // Nobody needs the records any more, and they are many.
            parts[number] = .made([])
        }
    }

    // MARK: All of them

    /// - Parameters:
    ///   - room: how many connections are expected. If more come, the others are made at the end.
    ///   - reading: adds the parts and ends; says by what holders are found.
    func connections(room: Int = 0, reading: () -> HolderFinder? = { nil }) -> Gathered {
        var finder: HolderFinder?
        var connections = list(room) {
            finder = reading()
            return finder
        }
        if total > room { connections = list(total, connections) { finder } }
        if isMultipath, let finder = finder?.withInodes { return Gathered(connections, finder) }
        return Gathered(connections: connections, pieces: places, counts: counts, finder: finder)
    }

    /// - Parameter made: those of the first parts, that another list had room for.
    /// - Returns: those of the first parts when there is no room for all.
    private func list(_ room: Int, _ made: [Connection] = [], reading: () -> HolderFinder?) -> [Connection] {
        [Connection](unsafeUninitializedCapacity: room) { buffer, count in
            UnsafeMutableRawBufferPointer(buffer).preferHugePages()
            _ = buffer.initialize(from: made)
            monitor.locked { memory = UnsafeMutableBufferPointer(rebasing: buffer[..<room]) }
            let finder = reading()
            let start = next
            guard total <= room else {
                count = start > 0 ? places[start - 1].upperBound : 0
                return
            }
            Team.share(parts.count - start) { self.make(start + $0, finder) }
            count = total
        }
    }
}

/// Connections whose `holding` notes the first of their descriptors and how many there are, see `HolderFinder.find`.
struct Gathered {
    var connections: [Connection]
    /// What one thread does at a time.
    let pieces: [Range<Int>]
    /// By piece: how many holders were found.
    let counts: [Int]
    let finder: HolderFinder?
}

extension Gathered {
    /// Finds the holders of connections that are made already.
    init(_ connections: consuming [Connection], _ finder: HolderFinder) {
        let (size, total) = (512, connections.count)
        let pieces = stride(from: 0, to: total, by: size).map { $0..<min($0 + size, total) }
        var connections = connections
        let counts = connections.withUnsafeMutableBufferPointer { connections in
            let shared = Shared(connections)
            return Team.map(pieces.count) { finder.find(shared.memory, pieces[$0]) }
        }
        self.init(connections: connections, pieces: pieces, counts: counts, finder: finder)
    }
}
