/// Lays options out one behind the other. What does not fit the buffer is counted and not written: an empty buffer tells
/// how much room they need.
struct OptionWriter {
    private typealias Kind = Options.Kind

    private let start: Int
    private(set) var count = 0

    init(start: Int) { self.start = start }

    mutating func write(_ options: Options, _ order: OptionOrder, into bytes: inout MutableRawSpan) {
        switch order {
        case .linux: writeLinux(options, into: &bytes)
        case .freeBSD: writeFreeBSD(options, into: &bytes)
        }
        guard let others = options.others else {
            fill(order == .linux ? Kind.noOperation : Kind.end, to: 0, of: 4, into: &bytes)
            return
        }
        // What ends in a length that reaches past the end takes everything behind it along: nothing may follow.
        if options.isMalformed { fill(Kind.noOperation, to: (4 - others.count % 4) % 4, of: 4, into: &bytes) }
        for byte in others { put(byte, into: &bytes) }
        fill(order == .linux ? Kind.noOperation : Kind.end, to: 0, of: 4, into: &bytes)
    }

    /// As `tcp_options_write` in net/ipv4/tcp_output.c: everything stands in 32-bit words.
    private mutating func writeLinux(_ options: Options, into bytes: inout MutableRawSpan) {
        if let size = options.maximumSegmentSize { put(maximumSegmentSize: size, into: &bytes) }
        // SACK permitted takes the place of the two NOPs before timestamps.
        if options.sackPermitted != (options.timestamps != nil) { fill(2, into: &bytes) }
        if options.sackPermitted { put(UInt16(Kind.sackPermitted) << 8 | 2, into: &bytes) }
        if let timestamps = options.timestamps { put(timestamps, into: &bytes) }
        if let shift = options.windowScale {
            fill(1, into: &bytes)
            put(windowScale: shift, into: &bytes)
        }
        if let timeout = options.userTimeout { put(userTimeout: timeout, into: &bytes) }
        if !options.sackBlocks.isEmpty {
            fill(2, into: &bytes)
            put(options.sackBlocks, into: &bytes)
        }
    }

    /// As `tcp_addoptions` in netinet/tcp_output.c: each option has an alignment of its own.
    private mutating func writeFreeBSD(_ options: Options, into bytes: inout MutableRawSpan) {
        if let size = options.maximumSegmentSize { put(maximumSegmentSize: size, into: &bytes) }
        if let shift = options.windowScale {
            fill(Kind.noOperation, to: 1, of: 2, into: &bytes)
            put(windowScale: shift, into: &bytes)
        }
        if options.sackPermitted {
            fill(Kind.noOperation, to: 0, of: 2, into: &bytes)
            put(UInt16(Kind.sackPermitted) << 8 | 2, into: &bytes)
        }
        if let timestamps = options.timestamps {
            fill(Kind.noOperation, to: 2, of: 4, into: &bytes)
            put(timestamps, into: &bytes)
        }
        if let timeout = options.userTimeout {
            fill(Kind.noOperation, to: 0, of: 2, into: &bytes)
            put(userTimeout: timeout, into: &bytes)
        }
        if !options.sackBlocks.isEmpty {
            fill(Kind.noOperation, to: 2, of: 4, into: &bytes)
            put(options.sackBlocks, into: &bytes)
        }
    }

    // MARK: One option each

    private mutating func put(maximumSegmentSize size: UInt16, into bytes: inout MutableRawSpan) {
        put(UInt16(Kind.maximumSegmentSize) << 8 | 4, into: &bytes)
        put(size, into: &bytes)
    }

    private mutating func put(windowScale shift: UInt8, into bytes: inout MutableRawSpan) {
        put(Kind.windowScale, into: &bytes)
        put(UInt8(3), into: &bytes)
        put(shift, into: &bytes)
    }

    private mutating func put(userTimeout: UInt16, into bytes: inout MutableRawSpan) {
        put(UInt16(Kind.userTimeout) << 8 | 4, into: &bytes)
        put(userTimeout, into: &bytes)
    }

    private mutating func put(_ timestamps: Timestamps, into bytes: inout MutableRawSpan) {
        put(UInt16(Kind.timestamps) << 8 | 10, into: &bytes)
        put(timestamps.value, into: &bytes)
        put(timestamps.echo, into: &bytes)
    }

    private mutating func put(_ blocks: SACKBlocks, into bytes: inout MutableRawSpan) {
        put(UInt16(Kind.sack) << 8 | UInt16(2 + 8 * blocks.count), into: &bytes)
        for index in 0..<blocks.count {
            put(blocks[index].start.rawValue, into: &bytes)
            put(blocks[index].end.rawValue, into: &bytes)
        }
    }

    // MARK: Bytes

    /// So many NOPs.
    private mutating func fill(_ repetitions: Int, into bytes: inout MutableRawSpan) {
        for _ in 0..<repetitions { put(Kind.noOperation, into: &bytes) }
    }

    /// Until `count` leaves this remainder.
    private mutating func fill(_ byte: UInt8, to remainder: Int, of divisor: Int, into bytes: inout MutableRawSpan) {
        while count % divisor != remainder { put(byte, into: &bytes) }
    }

    private mutating func put(_ value: UInt8, into bytes: inout MutableRawSpan) {
        if start + count + 1 <= bytes.byteCount { bytes.put(value, at: start + count) }
        count += 1
    }

    private mutating func put(_ value: UInt16, into bytes: inout MutableRawSpan) {
        if start + count + 2 <= bytes.byteCount { bytes.put(value, at: start + count) }
        count += 2
    }

    private mutating func put(_ value: UInt32, into bytes: inout MutableRawSpan) {
        if start + count + 4 <= bytes.byteCount { bytes.put(value, at: start + count) }
        count += 4
    }
}
