internal import Sockets

/// What the namespaces of a look showed, in order: made into one list of connections by several threads.
struct Gathering: Sendable {
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
                var place = 0
                block.withBytes { bytes in
                    _ = decoder.decode(bytes) { connection in
                        (target + place).initialize(to: connection)
                        place += 1
                    }
                }
                precondition(place == block.count, "a record was counted and not decoded")
            case .made(let connections):
                connections.withUnsafeBufferPointer { made in
                    if let first = made.baseAddress { target.initialize(from: first, count: made.count) }
                }
            }
        }
    }

    private var parts: [Part] = []
    private(set) var hasSubflows = false

    mutating func add(_ records: SocketRecords, _ decoder: SocketRecordDecoder, then connections: [Connection]) {
        parts += records.blocks.map { .records($0, decoder) }
        if !connections.isEmpty { parts.append(.made(connections)) }
        hasSubflows = hasSubflows || records.hasSubflows || connections.contains { $0.transport == .subflow }
    }

    func connections() -> [Connection] {
        connections { _, pieces, fill in Team.share(pieces.count, fill) }
    }

    /// - Parameter body: gets memory for all, and its pieces; has to call `fill` once for each before it reads there.
    func connections(
        _ body: (UnsafeMutableBufferPointer<Connection>, [Range<Int>], @escaping @Sendable (Int) -> Void) -> Void
    ) -> [Connection] {
        var pieces: [Range<Int>] = []
        var total = 0
        for part in parts {
            pieces.append(total..<total + part.count)
            total += part.count
        }
        return [Connection](unsafeUninitializedCapacity: total) { buffer, count in
            UnsafeMutableRawBufferPointer(buffer).preferHugePages()
            let (parts, places) = (parts, pieces)
            let target = Shared(buffer)
            body(buffer, pieces) { piece in
                guard let first = target.memory.baseAddress else { return }
                parts[piece].fill(first + places[piece].lowerBound)
            }
            count = total
        }
    }
}
