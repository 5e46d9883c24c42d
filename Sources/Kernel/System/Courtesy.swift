internal import CLinux

/// Whether a thread lets others go first (its nice value, setpriority(2)). To be used on that thread.
package struct Courtesy {
    /// On a host without an idle CPU a tenth of what others get.
    private static let nice: Int32 = 10

    private var isCourteous = false
    /// The thread may come back: it has CAP_SYS_NICE, or RLIMIT_NICE allows it.
    private let isAllowed: Bool

    package init() {
        isAllowed = linger_set_niceness(1) == 0 && linger_set_niceness(0) == 0
    }

    /// Lets others go first or not; a thread that could not come back never does.
    package mutating func set(_ wanted: Bool) {
        guard isAllowed, wanted != isCourteous else { return }
        if linger_set_niceness(wanted ? Self.nice : 0) == 0 { isCourteous = wanted }
    }
}
