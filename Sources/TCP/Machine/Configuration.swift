/// How one end of a connection behaves: what a host's sysctls and a socket's options decide. All durations are in
/// microseconds; `nil` for a timer means that there is none.
///
/// Start from a profile and change what differs: `Configuration(.linux)`.
package struct Configuration: Hashable, Sendable {
    /// Whose habits where the RFCs leave a choice, or where that stack does not follow them. The order of the options on
    /// the wire is the codec's, by the same profile.
    package enum Profile: UInt8, CaseIterable, Sendable {
        /// RFC 9293 and its companions by the letter, SHOULDs included.
        case rfc
        /// Linux 6.x with its default sysctls.
        case linux
        /// FreeBSD with its default sysctls.
        case freeBSD
    }

    /// What a challenge ACK is sent for (RFC 5961) instead of a reset or of nothing.
    package enum Challenges: UInt8, Sendable {
        /// RFC 9293 without RFC 5961: a RST anywhere in the window resets, a SYN in the window is answered by a reset.
        case off
        case on
    }

    package let profile: Profile

    // MARK: what is announced
    /// What the MSS option of our SYN says (RFC 9293, section 3.7.1): the largest payload that we take.
    package var maximumSegmentSize: UInt16 = 1460
    /// The MSS of a peer that names none: 536 over IPv4, 1220 over IPv6 (RFC 9293, MUST-15).
    package var defaultPeerSegmentSize: UInt16 = 536
    /// RCV.BUFF: bytes that the driver can keep for the application. The window is what is left of it.
    package var receiveBufferSize: Int32 = 65_535
    /// The shift that our SYN offers; `nil`: no window scaling.
    package var windowScale: UInt8? = 0
    package var offersSACK = true
    package var offersTimestamps = true
    /// Added to the milliseconds of the clock to give TSval (RFC 7323, section 5.4 wants it random per connection).
    package var timestampOffset: UInt32 = 0

    // MARK: sending
    /// IW in segments; 0: RFC 5681's 2 to 4 by segment size.
    package var initialWindowSegments: UInt8 = 0
    /// TCP_NODELAY.
    package var noDelay = false
    /// After how many duplicate ACKs the first hole is sent again (RFC 5681, section 3.2).
    package var duplicateThreshold: UInt8 = 3
    package var initialTimeout: Microseconds = 1_000_000
    package var minimumTimeout: Microseconds = 1_000_000
    package var maximumTimeout: Microseconds = 60_000_000
    /// RFC 8985, section 7: the last segment is sent again after two round trips without an ACK.
    package var probesTailLoss = false

    // MARK: acknowledging
    /// An ACK may wait for a second segment (RFC 9293, section 3.8.6.3).
    package var delaysAcknowledgments = true
    package var acknowledgmentDelay: Microseconds = 200_000
    /// So many data segments are acknowledged at once before any ACK is delayed.
    package var quickAcknowledgments: UInt8 = 0
    /// RFC 2883: a duplicate is named in the first SACK block.
    package var reportsDuplicates = true

    // MARK: giving up
    /// Retransmissions of a SYN, of a SYN+ACK, and of anything else before the connection is given up (R2 of RFC 9293,
    /// section 3.8.3, counted in retransmissions). R1, after which the network layer would be told, is `softRetries`.
    package var synRetries: UInt8 = 6
    package var synAckRetries: UInt8 = 5
    package var retries: UInt8 = 15
    package var softRetries: UInt8 = 3
    /// Retransmissions and window probes of an orphan (closed by the application) before it is dropped; `nil`: as `retries`.
    package var orphanRetries: UInt8?
    /// USER TIMEOUT (RFC 9293, section 3.9.1; TCP_USER_TIMEOUT): how long data may stay unacknowledged.
    package var userTimeout: Microseconds?
    /// Our side tells the peer its user timeout in the SYN (RFC 5482).
    package var offersUserTimeout = false

    // MARK: keepalive (RFC 9293, section 3.8.4)
    /// Off by default (MUST-24).
    package var keepsAlive = false
    package var keepAliveIdle: Microseconds = 7_200_000_000
    package var keepAliveInterval: Microseconds = 75_000_000
    package var keepAliveCount: UInt8 = 9

    // MARK: closing
    /// 2 MSL: how long TIME_WAIT lasts.
    package var timeWait: Microseconds = 240_000_000
    /// How long FIN_WAIT_2 lasts once nobody can read any more (after `close`); `nil`: as long as the peer likes.
    package var finWait2Timeout: Microseconds?
    /// Data that arrives after `close` is answered by a reset (RFC 9293, SHLD-3).
    package var resetsDataAfterClose = true
    /// CLOSING is entered with a second FIN instead of a bare ACK.
    package var repeatsFinInClosing = false
    /// RFC 1337: a RST does not end TIME_WAIT.
    package var protectsTimeWait = true
    /// A new SYN may end TIME_WAIT (RFC 9293, MAY-2; RFC 6191). A driver sets it while something listens on the port.
    package var reopensFromTimeWait = false

    // MARK: against forgery
    package var challenges = Challenges.on
    /// Challenge ACKs a second (RFC 5961, section 7); 0: no limit.
    package var challengesPerSecond: UInt16 = 100
    /// At most one ACK in this time for segments that carry no data and are out of the window; 0: no limit. (Linux's
    /// tcp_invalid_ratelimit.)
    package var invalidInterval: Microseconds = 0
    /// A segment with both SYN and FIN is dropped where a SYN would be taken.
    package var dropsSynFin = false

    package init(_ profile: Profile = .rfc) {
        self.profile = profile
        switch profile {
        case .rfc: break
        case .linux:
            receiveBufferSize = 65_536
            windowScale = 7
            initialWindowSegments = 10
            minimumTimeout = 200_000
            maximumTimeout = 120_000_000
            probesTailLoss = true
            acknowledgmentDelay = 40_000
            quickAcknowledgments = 16
            timeWait = 60_000_000
            finWait2Timeout = 60_000_000
            orphanRetries = 8
            protectsTimeWait = false
            invalidInterval = 500_000
            dropsSynFin = true
        case .freeBSD:
            receiveBufferSize = 65_536
            windowScale = 6
            initialWindowSegments = 10
            minimumTimeout = 230_000
            maximumTimeout = 64_000_000
            acknowledgmentDelay = 40_000
            timeWait = 60_000_000
            finWait2Timeout = 60_000_000
            repeatsFinInClosing = true
            retries = 12
            synRetries = 12
            synAckRetries = 3
            challengesPerSecond = 0
        }
    }
}
