import Kernel
import Sockets

extension Listing {
    /// Rows that one thread writes at a time: enough that starting a thread costs nothing beside it.
    private static let block = 8192

    /// Writes rows in their order, from a place in it on. Of many rows, two threads write a block each at the same time.
    func writeRows(
        from start: Int = 0, to output: inout Output,
        _ row: @escaping @Sendable (Connection, Rows, inout ByteBuffer) -> Void
    ) throws {
        var place = min(start, order.count)
        while order.count - place > Self.block {
            let middle = place + Self.block
            let end = min(middle + Self.block, order.count)
            let (rows, order) = (rows, order)
            let second = try Worker { Self.block(order[middle..<end], rows, row) }
            let first = Self.block(order[place..<middle], rows, row)
            try output.pass(first)
            try output.pass(second.join())
            place = end
        }
        for index in order[place...] {
            row(rows.connections[index], rows, &output.buffer)
            try output.flushIfLarge()
        }
    }

    private static func block(
        _ order: ArraySlice<Int>, _ rows: Rows, _ row: (Connection, Rows, inout ByteBuffer) -> Void
    ) -> [UInt8] {
        var buffer = ByteBuffer(capacity: order.count * 384)
        let connections = rows.connections
        for index in order { row(connections[index], rows, &buffer) }
        return buffer.withBytes { Array($0) }
    }
}
