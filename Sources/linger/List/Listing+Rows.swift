import Kernel
import Sockets

extension Listing {
    /// Rows that one thread writes at a time: enough that starting a thread costs nothing beside it.
    private static let block = 2560
    /// Fewer rows than these are written by one.
    private static let worthwhile = 2048

    /// Writes rows in their order, from a place in it on. Of many rows, two threads write a block each at the same time.
    func writeRows(
        from start: Int = 0, to output: inout Output,
        _ row: @escaping @Sendable (Connection, Rows, inout ByteBuffer) -> Void
    ) throws {
        var place = min(start, order.count)
        if order.count - place > Self.worthwhile {
            let (rows, order) = (rows, order)
            let (first, second) = (RowBlock(), RowBlock())
            while place < order.count {
                let half = min(Self.block, (order.count - place + 1) / 2)
                let (middle, end) = (place + half, min(place + 2 * half, order.count))
                let worker = try Worker { second.fill(order[middle..<end], rows, row) }
                first.fill(order[place..<middle], rows, row)
                try worker.join()
                try output.pass(first)
                try output.pass(second)
                place = end
            }
        }
        for index in order[place...] {
            row(rows.connections[index], rows, &output.buffer)
            try output.flushIfLarge()
        }
    }
}

/// Rows that one thread writes. Used again and again: new memory for each block cost as much as filling it.
///
/// `@unchecked Sendable`: a worker fills it, and is joined before anybody else looks.
final class RowBlock: @unchecked Sendable {
    private var buffer = ByteBuffer(capacity: 1 << 20)

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
