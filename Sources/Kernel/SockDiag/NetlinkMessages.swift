internal import CLinux
internal import Glibc

/// The messages of a netlink answer, one behind the other (netlink(7)).
enum NetlinkMessages {
    /// How a dump went.
    struct Outcome: Hashable, Sendable {
        /// NLMSG_DONE was seen.
        var isComplete = false
        /// NLM_F_DUMP_INTR: the kernel's tables changed under the dump; entries may be missing or double.
        var isInterrupted = false
        /// errno of NLMSG_ERROR or of NLMSG_DONE.
        var code: Int32 = 0
        /// Bytes at the end that are no whole message.
        var trailingBytes = 0
    }

    /// Calls `body` with the payload of each data message.
    static func forEach(in bytes: RawSpan, outcome: inout Outcome, body: (RawSpan) -> Void) {
        var offset = 0
        while let length = bytes.load(offset, as: UInt32.self) {
            // nlmsghdr: length 4, type 2, flags 2, sequence 4, port 4.
            guard length >= 16, let message = bytes.slice(offset, count: Int(length)),
                let type = message.load(4, as: UInt16.self), let flags = message.load(6, as: UInt16.self)
            else { break }
            if flags & UInt16(NLM_F_DUMP_INTR) != 0 { outcome.isInterrupted = true }
            switch Int32(type) {
            case NLMSG_NOOP:
                break
            case NLMSG_DONE:
                outcome.isComplete = true
                if let code = message.load(16, as: Int32.self), code < 0 { outcome.code = 0 &- code }
            case NLMSG_ERROR:
                outcome.isComplete = true
                if let code = message.load(16, as: Int32.self) { outcome.code = 0 &- code }
            default:
                if let payload = message.slice(16, count: Int(length) - 16) { body(payload) }
            }
            offset += (Int(length) + 3) & ~3
        }
        outcome.trailingBytes = max(0, bytes.byteCount - offset)
    }

    /// The datagram's last message ends the dump.
    static func endsDump(_ datagram: UnsafeRawBufferPointer) -> Bool {
        var outcome = Outcome()
        forEach(in: datagram.bytes, outcome: &outcome) { _ in }
        return outcome.isComplete
    }
}
