import Kernel
import Sockets

extension Listing {
    /// Rows that one thread writes at a time: enough that handing them on costs nothing beside it, and few enough to
    /// stay in the cache.
    private static let block = 512

    /// Writes rows in their order, from a place in it on. Of many rows, several threads write a block each at the same
    /// time.
    func writeRows(
        from start: Int = 0, to output: inout Output,
        _ row: @escaping @Sendable (Connection, Rows, inout ByteBuffer) -> Void
    ) throws {
        let start = min(start, order.count)
        guard order.count - start > 2 * Self.block else {
            for index in order[start...] {
                row(rows.connections[index], rows, &output.buffer)
                try output.flushIfLarge()
            }
            return
        }
        let (rows, order) = (rows, order)
        let starts = Array(stride(from: start, to: order.count, by: Self.block))
        let relay = Relay(starts.count, piece: RowBlock.init) { number, block in
            let start = starts[number]
            block.fill(order[start..<min(start + Self.block, order.count)], rows, row)
        }
        try relay.run { try output.pass($0) }
    }
}

/// Rows that one thread writes. Used again and again: new memory for each block cost as much as filling it.
///
/// `@unchecked Sendable`: a `Relay` gives it to one thread at a time.
final class RowBlock: @unchecked Sendable {
    private var buffer = ByteBuffer(capacity: 1 << 18)

    func fill(_ order: ArraySlice<Int>, _ rows: Rows, _ row: (Connection, Rows, inout ByteBuffer) -> Void) {
        buffer.truncate(to: 0)
        for index in order { row(rows.connections[index], rows, &buffer) }
    }

    func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result { buffer.withBytes(body) }
}

/// One column's writer, as an object that rows borrow: an array of closures would count references to each for every
/// cell, and call it through a thunk that copies the connection.
final class Cell: Sendable {
    private let writer: Column.Writer

    init(_ writer: @escaping Column.Writer) { self.writer = writer }

    @inline(__always)
    func write(_ connection: Connection, _ rows: Rows, _ out: inout ByteBuffer) { writer(connection, rows, &out) }
}

/// The cells of a row, in order.
struct Cells: Sendable {
    /// Keeps them alive.
    private let owners: [Cell]
    private let borrowed: [Unmanaged<Cell>]

    init(_ writers: [Cell]) {
        owners = writers
        borrowed = writers.map(Unmanaged.passUnretained)
    }

    @inline(__always)
    func write(
        _ connection: Connection, _ rows: Rows, separator: UInt8, into out: inout ByteBuffer,
        end: (inout ByteBuffer, _ start: Int) -> Void = { _, _ in }
    ) {
        for place in borrowed.indices {
            if place > 0 { out.append(separator) }
            let start = out.count
            borrowed[place]._withUnsafeGuaranteedRef { $0.write(connection, rows, &out) }
            end(&out, start)
        }
    }
}
