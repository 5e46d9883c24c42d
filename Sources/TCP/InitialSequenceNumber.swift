/// RFC 6528: a connection's initial sequence number out of a clock and a keyed hash of its four addresses, so that nobody
/// without the key can guess it, and a later connection between the same addresses begins higher.
package struct InitialSequenceNumber: Sendable {
    private let key: (UInt64, UInt64)

    /// - Parameter key: 16 secret random bytes, chosen once a boot; from outside, for nothing here makes random numbers.
    package init(key: (UInt64, UInt64)) { self.key = key }

    /// ISN = M + F(localip, localport, remoteip, remoteport, secretkey), section 3: M counts every 4 microseconds, F is
    /// SipHash-2-4.
    ///
    /// - Parameter addresses: the two addresses and ports as bytes, always in the same order.
    package func number(for addresses: Span<UInt8>, at now: Instant) -> SequenceNumber {
        let hash = self.hash(of: addresses)
        let clock = UInt32(truncatingIfNeeded: now.microseconds / 4)
        return SequenceNumber(clock &+ UInt32(truncatingIfNeeded: hash ^ (hash >> 32)))
    }

    /// J.-P. Aumasson, D. J. Bernstein: SipHash, a fast short-input PRF (2012), with 2 and 4 rounds.
    package func hash(of bytes: Span<UInt8>) -> UInt64 {
        var state = SipState(key)
        var word: UInt64 = 0
        for index in 0..<bytes.count {
            word |= UInt64(bytes[index]) << (8 * UInt64(index & 7))
            if index & 7 == 7 {
                state.absorb(word)
                word = 0
            }
        }
        state.absorb(word | UInt64(bytes.count) << 56)
        return state.finish()
    }
}

private struct SipState {
    private var first: UInt64
    private var second: UInt64
    private var third: UInt64
    private var fourth: UInt64

    init(_ key: (UInt64, UInt64)) {
        first = key.0 ^ 0x736f_6d65_7073_6575
        second = key.1 ^ 0x646f_7261_6e64_6f6d
        third = key.0 ^ 0x6c79_6765_6e65_7261
        fourth = key.1 ^ 0x7465_6462_7974_6573
    }

    mutating func absorb(_ word: UInt64) {
        fourth ^= word
        round()
        round()
        first ^= word
    }

    mutating func finish() -> UInt64 {
        third ^= 0xff
        for _ in 0..<4 { round() }
        return first ^ second ^ third ^ fourth
    }

    private mutating func round() {
        first &+= second
        second = second.rotated(by: 13) ^ first
        first = first.rotated(by: 32)
        third &+= fourth
        fourth = fourth.rotated(by: 16) ^ third
        first &+= fourth
        fourth = fourth.rotated(by: 21) ^ first
        third &+= second
        second = second.rotated(by: 17) ^ third
        third = third.rotated(by: 32)
    }
}

extension UInt64 {
    fileprivate func rotated(by count: UInt64) -> UInt64 { self << count | self >> (64 - count) }
}
