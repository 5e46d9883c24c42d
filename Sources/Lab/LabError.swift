/// Something that the lab could not do.
package struct LabError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What happened, to what: `no TUN device could be made: open /dev/net/tun: No such file or directory`.
    package var what: String
    /// What to do next.
    package var next: String

    package init(_ what: String, next: String) {
        self.what = what
        self.next = next
    }

    package var description: String { next.isEmpty ? what : "\(what): \(next)" }
}
