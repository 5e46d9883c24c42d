/// The words that begin a condition.
package enum FilterKeyword: String, CaseIterable, Sendable {
    // As in ss
    case state, exclude, excl
    case src, dst, sport, dport, dev, fwmark, cgroup, autobound
    // Linger's own
    case pid, process, user, unit, container, netns, age, idle
    case receiveQueue = "recv-q"
    case sendQueue = "send-q"
    case unaccepted, orphan, shared

    /// The comparisons that it takes; none where it stands alone.
    package var comparisons: [Comparison] {
        switch self {
        case .sport, .dport, .age, .idle, .receiveQueue, .sendQueue: Comparison.allCases
        case .state, .src, .dst, .dev, .fwmark, .cgroup, .pid, .process, .user, .unit, .container, .netns:
            [.equal, .notEqual]
        case .exclude, .excl, .autobound, .unaccepted, .orphan, .shared: []
        }
    }

    /// It measures: without a comparison nobody knows which was meant, and `=` is hardly ever.
    var needsComparison: Bool {
        switch self {
        case .age, .idle, .receiveQueue, .sendQueue: true
        default: false
        }
    }

    /// What its value is.
    package var value: FilterExpectation {
        switch self {
        case .state, .exclude, .excl: .state
        case .src, .dst: .host
        case .sport, .dport: .port
        case .dev: .device
        case .fwmark: .mark
        case .cgroup: .cgroup
        case .pid: .pid
        case .process: .process
        case .user: .user
        case .unit: .unit
        case .container: .container
        case .netns: .namespace
        case .age, .idle: .duration
        case .receiveQueue, .sendQueue: .size
        case .autobound, .unaccepted, .orphan, .shared: .end
        }
    }
}
