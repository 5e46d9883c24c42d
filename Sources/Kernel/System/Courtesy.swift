internal import CLinux

/// Whether a thread lets others go first (its nice value, setpriority(2)). To be made and used on that thread.
package struct Courtesy {
    /// On a host without an idle CPU a tenth of what others get.
    private static let least: Int32 = 10

    /// As it was started.
    private let own = linger_niceness()
    private var isCourteous = false
    private let isAllowed: Bool

    package init() { isAllowed = linger_may_go_back_to_niceness(own) }

    /// Lets others go first or not; a thread that could not come back never does.
    package mutating func set(_ wanted: Bool) {
        guard isAllowed, wanted != isCourteous else { return }
        if linger_set_niceness(wanted ? max(own, Self.least) : own) == 0 { isCourteous = wanted }
    }
}
