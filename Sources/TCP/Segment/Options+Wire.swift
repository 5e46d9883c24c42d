/// In which order a stack writes its options, and how it fills them up to 32 bits.
package enum OptionOrder: Sendable, Hashable, CaseIterable {
    /// MSS, SACK permitted, timestamps, window scale, SACK blocks; NOP before and after (`tcp_options_write`).
    case linux
    /// MSS, window scale, SACK permitted, timestamps, SACK blocks; end-of-list and zeros at the end (`tcp_addoptions`).
    case freeBSD
}

extension Options {
    /// The bytes that the data offset leaves room for.
    package static let limit = 40

    /// The kinds that the fields of this type stand for (RFC 9293, section 3.2; IANA, "TCP Parameters").
    enum Kind {
        static let end: UInt8 = 0
        static let noOperation: UInt8 = 1
        static let maximumSegmentSize: UInt8 = 2
        static let windowScale: UInt8 = 3
        static let sackPermitted: UInt8 = 4
        static let sack: UInt8 = 5
        static let timestamps: UInt8 = 8
        static let userTimeout: UInt8 = 28
        static let fastOpen: UInt8 = 34
    }

    /// Reads the options between the header's 20 bytes and its end.
    ///
    /// Nothing is refused (MUST-5, MUST-6, MUST-7): options that nothing here knows, and known ones with a length that
    /// they cannot have, go into `others` as they are. An option whose length is below two or reaches past the end ends the
    /// list; its bytes up to the end go there too, and `isMalformed` tells it. Of an option that is there twice the last
    /// counts. Bytes after end-of-list are passed over.
    package init(parsing bytes: RawSpan) {
        self.init()
        var offset = 0
        let end = bytes.byteCount
        // A segment of an established connection, as Linux and the BSDs write it.
        if end == 12, bytes.big32(0) == 0x0101_080a {
            timestamps = Timestamps(value: bytes.big32(4), echo: bytes.big32(8))
            return
        }
        while offset < end {
            let kind = bytes.byte(offset)
            if kind == Kind.end { return }
            if kind == Kind.noOperation {
                offset += 1
                continue
            }
            let count = offset + 1 < end ? Int(bytes.byte(offset + 1)) : 0
            guard count >= 2, count <= end - offset else {
                keep(bytes, offset..<end)
                return
            }
            switch (kind, count) {
            case (Kind.maximumSegmentSize, 4): maximumSegmentSize = bytes.big16(offset + 2)
            case (Kind.windowScale, 3): windowScale = bytes.byte(offset + 2)
            case (Kind.sackPermitted, 2): sackPermitted = true
            case (Kind.timestamps, 10):
                timestamps = Timestamps(value: bytes.big32(offset + 2), echo: bytes.big32(offset + 6))
            case (Kind.userTimeout, 4): userTimeout = bytes.big16(offset + 2)
            case (Kind.sack, 10), (Kind.sack, 18), (Kind.sack, 26), (Kind.sack, 34):
                sackBlocks = SACKBlocks()
                for block in stride(from: offset + 2, to: offset + count, by: 8) {
                    sackBlocks.append(
                        SequenceRange(
                            start: SequenceNumber(bytes.big32(block)), end: SequenceNumber(bytes.big32(block + 4))))
                }
            default: keep(bytes, offset..<offset + count)
            }
            offset += count
        }
    }

    private mutating func keep(_ bytes: RawSpan, _ range: Range<Int>) {
        others = (others ?? []) + bytes.array(range)
    }

    /// Whether `others` ends in an option whose length is below two or reaches past the end.
    package var isMalformed: Bool {
        guard let others else { return false }
        var offset = 0
        while offset < others.count {
            guard offset + 1 < others.count, others[offset + 1] >= 2 else { return true }
            offset += Int(others[offset + 1])
        }
        return offset > others.count
    }

    /// RFC 7413: the cookie out of `others`; empty in a request for one, `nil` without the option.
    package var fastOpenCookie: [UInt8]? {
        guard let others else { return nil }
        var offset = 0
        while offset + 1 < others.count {
            let count = Int(others[offset + 1])
            guard count >= 2, offset + count <= others.count else { return nil }
            if others[offset] == Kind.fastOpen { return Array(others[offset + 2..<offset + count]) }
            offset += count
        }
        return nil
    }

    /// Bytes that they take when written, filled up to 32 bits. More than `Options.limit` do not fit a header: with
    /// timestamps there is room for three SACK blocks.
    package func count(_ order: OptionOrder) -> Int {
        // A segment of an established connection.
        if !sackPermitted, maximumSegmentSize == nil, windowScale == nil, userTimeout == nil, others == nil {
            return (timestamps == nil ? 0 : 12) + (sackBlocks.isEmpty ? 0 : 4 + 8 * sackBlocks.count)
        }
        var nothing = MutableRawSpan()
        var writer = OptionWriter(start: 0)
        writer.write(self, order, into: &nothing)
        return writer.count
    }

    /// Writes them from `start` on.
    ///
    /// - Returns: the bytes written, a multiple of four.
    func encode(into bytes: inout MutableRawSpan, at start: Int, order: OptionOrder) throws(WireError) -> Int {
        var writer = OptionWriter(start: start)
        writer.write(self, order, into: &bytes)
        let count = writer.count
        guard count <= Self.limit else { throw WireError(.options, .tooLong(limit: Self.limit, found: count)) }
        guard start + count <= bytes.byteCount else {
            throw WireError(.buffer, .tooShort(needed: start + count, found: bytes.byteCount))
        }
        return count
    }
}
