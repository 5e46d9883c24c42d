package import Sockets
package import TCP

/// Turns transitions, openings and snapshots into lives.
///
/// A transition is trusted before a snapshot, and a snapshot before a timer. Time is an argument, in nanoseconds on the
/// monotonic clock. What it keeps of a connection is a `Life` and its place in the index: 184 bytes at most, and 24 more
/// in TIME_WAIT and orphaned in FIN_WAIT_2. All else is bounded by constants.
package final class Tracker {
    var store = LifeStore()
    package internal(set) var owners = OwnerTable(limit: 65_536)
    package internal(set) var stacks = StackTable(limit: 16_384)
    package internal(set) var dwells = DwellTable()
    var pasts = ClosedPasts()
    /// When small sockets end by their timers.
    var timers = TimerQueue()
    var census = Census()
    var listeners = ListeningPorts()
    var early = EarlyOpenings()
    /// What courses came to that were not asked for yet.
    var tally = CourseTally()
    /// Of a look that is under way; `nil` between looks.
    var look: LookUnderWay?
    let timeouts: Timeouts
    /// Transitions that did not begin where the one before had ended: what lay in between was not told.
    package private(set) var skips: UInt64 = 0

    /// How long the kernel's small sockets live.
    package struct Timeouts: Sendable {
        /// TCP_TIMEWAIT_LEN (`include/net/tcp.h`): 60 s, in every Linux.
        package var timeWait: UInt64 = 60_000_000_000
        /// `net.ipv4.tcp_fin_timeout`; a socket's TCP_LINGER2 can make it shorter.
        package var finWait2: UInt64 = 60_000_000_000

        package init() {}
    }

    package init(timeouts: Timeouts = Timeouts()) { self.timeouts = timeouts }

    /// Connections, listeners and small sockets that are known now.
    package var count: Int { store.count }
    /// How many of them are in the state.
    package func count(in state: State) -> Int { census[state] }
    /// Bytes of all that grows with the number of lives.
    package var byteCount: Int { store.byteCount + timers.byteCount }

    package func life(of cookie: UInt64) -> Life? { store.place(of: cookie).map { store[$0] } }
    package func visit(_ body: (Life) -> Void) { store.visit { body(store[$0]) } }
    package func owner(of life: Life) -> ProcessIdentity? { life.owner.flatMap { owners[$0] } }
    /// Who listens where the connection came in; `nil` for outgoing ones and where several processes listen.
    package func listener(of life: Life) -> ProcessIdentity? {
        guard life.isOutgoing != true, life.state != .listen else { return nil }
        return listener(life.namespace, life.local.port)
    }
    package func listener(_ namespace: UInt32, _ port: UInt16) -> ProcessIdentity? {
        listeners.only(namespace, port).flatMap(self.life(of:)).flatMap(owner(of:))
    }
    package func stack(of life: Life) -> CallStack? { life.stack.flatMap { stacks[$0] } }

    // MARK: The stream

    package func consume(_ transition: Transition) -> Step {
        let isBirth = transition.old == .closed || (transition.old == .listen && transition.new == .synReceived)
        let place: LifeStore.Place
        let isNew: Bool
        switch (store.place(of: transition.cookie), isBirth) {
        case (let known?, false):
            (place, isNew) = (known, false)
        case (let known?, true):
            // Its end was not seen, or it was connected again in a small socket's time: it keeps its cookie.
            take(known)
            (place, isNew) = (insert(transition, isBirth: true), true)
        case (nil, _):
            (place, isNew) = (insert(transition, isBirth: isBirth), true)
        }
        let before = store[place].stateCount == 0 ? nil : Optional(store[place].state)
        var dwell: (nanoseconds: UInt64, isExact: Bool)?
        if let before, before != transition.old { skips += 1 }
        store.update(place) { life in
            if let before, before != transition.old {
                // One in between was lost: since when it is in this state is not known.
                life.flags.insert(.hasHoles)
                life.enter(transition.old, at: nil)
            }
            dwell = life.dwell(until: transition.notBefore)
            if transition.isDeduced { dwell?.isExact = false }
            life.note(transition)
        }
        census.move(from: before, to: store[place].state)
        if transition.new == .listen {
            listeners.open(transition.namespace, transition.local.port, cookie: transition.cookie)
        }
        return settle(transition, place, dwell: dwell, isNew: isNew)
    }

    /// Openings that were forgotten before their connection was told of.
    package var forgottenOpenings: UInt64 { early.forgotten }

    /// Sets who opened it. False where the connection is not known yet.
    @discardableResult
    package func consume(_ opening: Opening) -> Bool {
        guard let place = store.place(of: opening.cookie) else {
            early.keep(opening)
            return false
        }
        setOwner(place, opening)
        return true
    }

    private func insert(_ transition: Transition, isBirth: Bool) -> LifeStore.Place {
        var life = Life(
            cookie: transition.cookie, namespace: transition.namespace, local: transition.local,
            remote: transition.remote)
        if !isBirth {
            life.flags = .beganBefore
            life.enter(transition.old, at: nil)
            census.move(from: nil, to: transition.old)
        }
        let place = store.insert(life)
        if let opening = early.take(transition.cookie) { setOwner(place, opening) }
        return place
    }

    private func settle(
        _ transition: Transition, _ place: LifeStore.Place, dwell: (nanoseconds: UInt64, isExact: Bool)?, isNew: Bool
    ) -> Step {
        let life = store[place]
        let step = Step(
            transition: transition, life: life, owner: owner(of: life), stack: stack(of: life), dwell: dwell,
            isNew: isNew)
        guard transition.isLast else { return step }
        finish(life, owner: step.owner)
        if transition.isHandedOver {
            let due = transition.time &+ length(of: transition.new)
            timers.insert(TimerQueue.Entry(due: due, cookie: transition.cookie))
        } else {
            take(place)
        }
        return step
    }

    /// Ends the small sockets whose time is over by their timers' length: TIME_WAIT exactly, unless its port was used
    /// again sooner; FIN_WAIT_2 at the latest.
    package func advance(to now: UInt64, _ body: (Life) -> Void) {
        while let entry = timers.popDue(now) {
            guard let place = store.place(of: entry.cookie), store[place].isSmall,
                // Not a timer that was superseded: by a look, or by another life of the same socket.
                entry.due >= store[place].ended &+ length(of: store[place].state)
            else { continue }
            body(store[place])
            take(place)
        }
    }

    /// Nanoseconds that a small socket lives.
    func length(of state: State) -> UInt64 { state == .timeWait ? timeouts.timeWait : timeouts.finWait2 }

    // MARK: Lives

    /// Files the times of a life that is over.
    func finish(_ life: Life, owner: ProcessIdentity?) {
        if let dwell = life.closedAfter, let way = way(of: life) {
            pasts.note(dwell, ClosedPasts.Key(owner: owner, way: way)) { owners.contains($0) }
        }
        guard let group = group(of: life, owner: owner) else { return }
        for index in 0..<Int(life.stateCount) {
            if let dwell = life.dwell(at: index) { dwells.record(dwell, in: life.state(at: index), of: group) }
        }
    }

    /// Whom the life is counted with; `nil` for listeners.
    package func group(of life: Life, owner: ProcessIdentity?) -> DwellGroup? {
        way(of: life).map { DwellGroup(command: owner?.command, way: $0) }
    }

    func way(of life: Life) -> DwellGroup.Way? {
        guard life.stateCount == 0 || life.state(at: 0) != .listen else { return nil }
        let isIncoming =
            life.isOutgoing.map { !$0 } ?? listeners.isOpen(life.namespace, life.local.port)
        return isIncoming ? .listener(life.namespace, life.local.port) : .destination(life.remote)
    }

    func take(_ place: LifeStore.Place) {
        let life = store[place]
        census.move(from: life.state, to: nil)
        if life.state == .listen {
            listeners.close(life.namespace, life.local.port, cookie: life.cookie)
        }
        if let owner = life.owner { owners.release(owner) }
        if let stack = life.stack { stacks.release(stack) }
        look?.closed.insert(life.cookie)
        store.remove(place)
    }

    func setOwner(_ place: LifeStore.Place, _ opening: Opening) {
        let old = store[place]
        let owner = owners.retain(opening.process)
        let stack =
            opening.frames.isEmpty
            ? nil : stacks.retain(CallStack(process: opening.process, frames: opening.frames))
        if let owner = old.owner { owners.release(owner) }
        if let stack = old.stack { stacks.release(stack) }
        store.update(place) { life in
            life.ownerNumber = owner?.raw ?? .max
            life.stackNumber = stack?.raw ?? .max
            life.descriptor = opening.descriptor
            if opening.way == .accept { life.flags.insert(.isAccepted) }
        }
    }
}

/// What one transition did to a life.
package struct Step: Sendable {
    package var transition: Transition
    /// As it is after the transition.
    package var life: Life
    package var owner: ProcessIdentity?
    package var stack: CallStack?
    /// In the old state, nanoseconds: exact, or the least that it can have been.
    package var dwell: (nanoseconds: UInt64, isExact: Bool)?
    package var isNew: Bool
    /// The stream will tell nothing more of it.
    package var isFinished: Bool { transition.isLast }
}
