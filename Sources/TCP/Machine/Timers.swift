/// When each timer of a connection runs out.
struct Timers: Sendable {
    private var deadlines = InlineArray<8, Int64>(repeating: .max)

    subscript(timer: MachineTimer) -> Instant? {
        let deadline = deadlines[Int(timer.rawValue)]
        return deadline == .max ? nil : Instant(microseconds: deadline)
    }

    func isArmed(_ timer: MachineTimer) -> Bool { deadlines[Int(timer.rawValue)] != .max }

    func isDue(_ timer: MachineTimer, at now: Instant) -> Bool { deadlines[Int(timer.rawValue)] <= now.microseconds }

    var next: Instant? {
        var least = Int64.max
        for index in 0..<8 { least = min(least, deadlines[index]) }
        return least == .max ? nil : Instant(microseconds: least)
    }

    var armed: MachineTimers {
        var armed: MachineTimers = []
        for timer in MachineTimer.allCases where isArmed(timer) { armed.insert(MachineTimers(timer)) }
        return armed
    }

    mutating func arm(_ timer: MachineTimer, at deadline: Instant, _ actions: inout Actions) {
        deadlines[Int(timer.rawValue)] = deadline.microseconds
        actions.armed.insert(MachineTimers(timer))
        actions.cancelled.remove(MachineTimers(timer))
    }

    mutating func cancel(_ timer: MachineTimer, _ actions: inout Actions) {
        guard isArmed(timer) else { return }
        deadlines[Int(timer.rawValue)] = .max
        if actions.armed.contains(MachineTimers(timer)) { actions.armed.remove(MachineTimers(timer)) }
        actions.cancelled.insert(MachineTimers(timer))
    }

    /// It ran out: that is the event, no action.
    mutating func clear(_ timer: MachineTimer) { deadlines[Int(timer.rawValue)] = .max }

    mutating func cancelAll(_ actions: inout Actions) {
        for timer in MachineTimer.allCases { cancel(timer, &actions) }
    }
}
