/// The options of a segment, those that the machine acts on and those that it only keeps.
package struct Options: Hashable, Sendable {
    /// RFC 9293, section 3.7.1: the largest segment that the sender of this one takes.
    package var maximumSegmentSize: UInt16?
    /// RFC 7323, section 2: the shift; over 14 counts as 14 (section 2.3), which is for the machine to see to.
    package var windowScale: UInt8?
    /// RFC 2018, section 2.
    package var sackPermitted: Bool
    /// RFC 2018, section 3.
    package var sackBlocks: SACKBlocks
    /// RFC 7323, section 3.
    package var timestamps: Timestamps?
    /// RFC 5482: granularity bit and 15 bits of time, as on the wire.
    package var userTimeout: UInt16?
    /// RFC 7413 cookie (`fastOpenCookie` finds it) and options that nothing here knows, as on the wire, kind and length
    /// included, in their order, without NOPs; a malformed rest stands at the end (`isMalformed`).
    package var others: [UInt8]? {
        get { otherBytes?.array }
        set { otherBytes = newValue.map { OptionBytes($0) } }
    }
    private var otherBytes: OptionBytes?

    package init(
        maximumSegmentSize: UInt16? = nil, windowScale: UInt8? = nil, sackPermitted: Bool = false,
        sackBlocks: SACKBlocks = SACKBlocks(), timestamps: Timestamps? = nil, userTimeout: UInt16? = nil,
        others: [UInt8]? = nil
    ) {
        self.maximumSegmentSize = maximumSegmentSize
        self.windowScale = windowScale
        self.sackPermitted = sackPermitted
        self.sackBlocks = sackBlocks
        self.timestamps = timestamps
        self.userTimeout = userTimeout
        if let others { otherBytes = OptionBytes(others) }
    }
}

/// RFC 7323, section 3.2: TSval and TSecr.
package struct Timestamps: Hashable, Sendable {
    package var value: UInt32
    package var echo: UInt32

    @inlinable
    package init(value: UInt32, echo: UInt32) {
        self.value = value
        self.echo = echo
    }
}

/// Up to four blocks of data that arrived out of order, the latest first (RFC 2018, section 4): what 40 bytes of options
/// can hold.
package struct SACKBlocks: Hashable, Sendable {
    package static let capacity = 4
    @usableFromInline var first = SequenceRange(start: SequenceNumber(0), count: 0)
    @usableFromInline var second = SequenceRange(start: SequenceNumber(0), count: 0)
    @usableFromInline var third = SequenceRange(start: SequenceNumber(0), count: 0)
    @usableFromInline var fourth = SequenceRange(start: SequenceNumber(0), count: 0)
    private var held: UInt8 = 0
    /// How many there are.
    package var count: Int { Int(held) }

    @inlinable
    package init() {}

    @inlinable
    package var isEmpty: Bool { count == 0 }

    package subscript(index: Int) -> SequenceRange {
        precondition(index >= 0 && index < count, "a SACK block that is not there")
        return switch index {
        case 0: first
        case 1: second
        case 2: third
        default: fourth
        }
    }

    /// Puts a block behind the others; `false`, and nothing changed, when four are there.
    @discardableResult
    package mutating func append(_ block: SequenceRange) -> Bool {
        switch count {
        case 0: first = block
        case 1: second = block
        case 2: third = block
        case 3: fourth = block
        default: return false
        }
        held += 1
        return true
    }
}
