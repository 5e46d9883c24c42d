/// A table for a terminal: cells are kept and measured, then written with padding. Nothing is cut.
struct AlignedTable: ~Copyable {
    private struct Cell {
        var end: Int
        var width: Int
        var style: Style
    }

    private let alignments: [Column.Alignment]
    private var bytes = ByteBuffer(capacity: 1 << 16)
    private var cells: [Cell] = []
    private var widths: [Int]
    private var place = 0

    init(alignments: [Column.Alignment]) {
        self.alignments = alignments
        widths = Array(repeating: 0, count: alignments.count)
    }

    mutating func append(_ texts: [String], style: Style = .plain) {
        beginRow()
        for text in texts { appendCell(style: style) { $0.append(string: text) } }
    }

    /// Followed by one `appendCell` for each column.
    mutating func beginRow() { place = 0 }

    mutating func appendCell(style: Style = .plain, _ write: (inout ByteBuffer) -> Void) {
        let start = bytes.count
        write(&bytes)
        let width = bytes.withBytes(from: start) { DisplayWidth.of($0) }
        widths[place] = max(widths[place], width)
        cells.append(Cell(end: bytes.count, width: width, style: style))
        place += 1
    }

    func write(_ screen: Screen, to output: inout Output) throws {
        var start = 0
        for (index, cell) in cells.enumerated() {
            let column = index % alignments.count
            let isLast = column == alignments.count - 1
            let padding = widths[column] - cell.width
            if column > 0 { output.buffer.append("  ") }
            if alignments[column] == .right { output.buffer.append(repeating: UInt8(ascii: " "), count: padding) }
            let hasStyle = screen.hasColor && cell.style != .plain
            if hasStyle { output.buffer.append(cell.style.sequence) }
            bytes.withBytes(from: start) {
                output.buffer.append(UnsafeBufferPointer(rebasing: $0[..<(cell.end - start)]))
            }
            if hasStyle { output.buffer.append(Style.reset) }
            if alignments[column] == .left, !isLast {
                output.buffer.append(repeating: UInt8(ascii: " "), count: padding)
            }
            start = cell.end
            if isLast {
                output.buffer.append(UInt8(ascii: "\n"))
                try output.flushIfLarge()
            }
        }
    }
}
