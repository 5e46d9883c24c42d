/// Congestion control (RFC 5681, RFC 6582) and what is known of losses (RFC 2018, RFC 6675).
struct Congestion: Sendable {
    enum Mode: UInt8, Sendable {
        case open
        /// Fast recovery, until `recover` is acknowledged.
        case fastRecovery
        /// After a retransmission timeout, until `recover` is acknowledged.
        case lossRecovery
    }
    var mode = Mode.open
    var window = 0
    var threshold = Int(Int32.max)
    var duplicates = 0
    /// SND.NXT when the loss was noticed.
    var recover = SequenceNumber(0)
    /// In recovery: everything lost before this was sent again.
    var resent = SequenceNumber(0)
    /// What the peer reported by SACK.
    var scoreboard = RangeSet()
    var sackedBytes = 0
    var lastSent = Instant(microseconds: 0)
}
