/// An eBPF object file, compiled by the build and carried in the binary.
struct Probe: Sendable {
    let name: String
    /// Bytes; the last word may be padded.
    let size: Int
    let words: [UInt64]
}
