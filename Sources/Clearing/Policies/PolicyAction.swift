/// What a policy wants done, in this order. The driver does it (`PolicyRunner`).
package enum PolicyAction: Sendable, Hashable {
    /// A pile is there: so many are meant.
    case found(Int)
    /// In dry run: these it would clear, named once each.
    case wouldClear([UInt64])
    /// Clear these, and tell by `PolicyMachine.acted`.
    case clear([UInt64])
    /// It would act and does not; told once until another reason comes.
    case heldBack(HoldReason)
    case switchedOff(OffReason)
    /// The pile is gone; so many of it the policy cleared.
    case recovered(cleared: Int)

    package enum HoldReason: String, Sendable, Hashable {
        case quietTime = "quiet_time"
        /// It is not meant to be in dry run, but has not been in it long enough.
        case dryRunFirst = "dry_run_first"
        case minuteLimit = "minute_limit"
    }

    package enum OffReason: String, Sendable, Hashable, CaseIterable {
        /// It has cleared all that it may, and there is more.
        case limit
        /// The pile came back too often: clearing does not cure it.
        case cameBack = "came_back"
        /// The kernel refused, time after time.
        case refused
    }
}

/// What a policy knows over restarts.
package struct PolicyMemory: Sendable, Hashable {
    package var fingerprint: String
    /// Milliseconds in dry run.
    package var served: UInt64 = 0
    /// Connections that it was to clear.
    package var cleared = 0
    /// How long ago the pile came back, milliseconds.
    package var comebacks: [UInt64] = []
    /// The last pile was cleared by it: another one is the same that came back.
    package var hasActed = false
    /// Of the pile that was under way: how many of it were to be cleared; `nil` where there was none.
    package var pile: Int?
    package var off: PolicyAction.OffReason?

    package init(fingerprint: String) { self.fingerprint = fingerprint }
}
