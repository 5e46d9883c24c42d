import Sockets

/// One question to a snapshot. A new rule is one file in Rules/ and one line in `Diagnosis.rules`.
protocol Rule: Sendable {
    /// The findings that it can make.
    var kinds: [Finding.Kind] { get }

    func findings(in evidence: Evidence) -> [Finding]
}
