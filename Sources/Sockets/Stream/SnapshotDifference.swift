internal import TCP

/// What happened between looks: transitions out of the difference of two snapshots and out of notices of sockets' ends.
///
/// Nothing is invented. A transition goes from the state that one look saw to the state that the next one saw, and its
/// time lies between the two. What no look and no notice tells of is missed. Time is an argument, in nanoseconds on the
/// monotonic clock.
package struct SnapshotDifference: Sendable {
    /// What the last look that showed a socket said of it.
    fileprivate struct Known: Sendable {
        var state: State
        var isSmall: Bool
        var holder: HolderSearch
        var namespace: UInt32
        var local: Endpoint
        var remote: Endpoint
        var interface: UInt32
        var bytesAcked: UInt64
        var bytesReceived: UInt64
        var retransmissions: UInt32
        var hasTraffic: Bool
        /// Number of that look, and when it began.
        var look: UInt32
        var seen: UInt64
        /// When the look ended that was the first to not show it; 0 for none.
        var missed: UInt64
        /// Its large socket is gone: no notice of it will come any more.
        var isNoticed: Bool
    }

    fileprivate enum HolderSearch: UInt8 { case unasked, asked, known }

    private var known: [UInt64: Known] = [:]
    /// Of sockets that no look has shown as gone yet, or not at all.
    private var notices: [UInt64: EndNotice] = [:]
    /// Sockets that were told as closed after this look and after the one before: a dump that goes through a changing
    /// table may show one late.
    private var departed: (Set<UInt64>, before: Set<UInt64>) = ([], [])
    /// Sockets that are over and whose descriptors are still open: their notices come when those are closed.
    private var awaited: Set<UInt64> = []
    /// They were too many: some were forgotten.
    private var hasForgotten = false
    private var look: UInt32 = 0
    /// When the first look began, and the look before.
    private var first: UInt64?
    private var before: UInt64?
    /// Namespaces of which it saw every socket.
    private var lookedInto: Set<UInt32> = []
    /// Connections that came and went between two looks.
    package private(set) var brief: UInt64 = 0

    /// The kernel tells times in jiffies, 10 ms at most.
    private static let jiffy: UInt64 = 10_000_000
    private static let mostAwaited = 65_536

    package init() {}

    /// Somebody holds a socket that this look shows, and no look with holders has said who.
    package func wantsHolders(_ snapshot: Snapshot) -> Bool {
        snapshot.connections.contains { one in
            one.inode != 0 && one.hasTransitions && !one.isSmall && (known[one.cookie]?.holder ?? .unasked) == .unasked
        }
    }

    package func knows(_ cookie: UInt64) -> Bool { known[cookie] != nil }

    package mutating func take(_ notice: EndNotice) { notices[notice.cookie] = notice }

    /// Takes a look. The notices must have been read up to its end. The first look only says what is there.
    /// - Parameters:
    ///   - began: when the look began.
    ///   - ended: when it ended.
    ///   - hasHolders: it asked for them.
    ///   - emit: receives what happened, in the order of time; who holds a socket right before its transition.
    /// - Returns: sockets that this look does not show, and of which no notice came: a dump of a table that changes may
    ///   pass over one. The next look will tell.
    package mutating func take(
        _ snapshot: Snapshot, began: UInt64, ended: UInt64, hasHolders: Bool, _ emit: (StreamEvent) -> Void
    ) -> Set<UInt64> {
        look &+= 1
        departed = ([], departed.0)
        var events: [(time: UInt64, event: StreamEvent)] = []
        for connection in snapshot.connections
        where connection.hasTransitions && Int(connection.namespace) < snapshot.namespaces.count {
            see(connection, snapshot, began: began, ended: ended, hasHolders: hasHolders, &events)
        }
        let doubtful = miss(snapshot, ended: ended, &events)
        takeUnknown(began: began, &events)
        // Who holds it stays before its transition.
        let order = events.indices.sorted { (events[$0].time, $0) < (events[$1].time, $1) }
        for index in order { emit(events[index].event) }
        first = first ?? began
        before = began
        lookedInto = snapshot.completeNamespaces
        return doubtful
    }

    // MARK: What a look shows

    private mutating func see(
        _ connection: Connection, _ snapshot: Snapshot, began: UInt64, ended: UInt64, hasHolders: Bool,
        _ events: inout [(time: UInt64, event: StreamEvent)]
    ) {
        let cookie = connection.cookie
        let old = known[cookie]
        var one = Known(connection, namespace: snapshot.namespaces[Int(connection.namespace)].inode, old?.holder)
        one.look = look
        one.seen = began
        if let old {
            one.isNoticed = old.isNoticed
            one.keepTraffic(of: old)
        }
        if one.isSmall, let notice = notices[cookie] { one.takeTraffic(of: notice) }

        // What is new was not there when the look before began, if that one saw its namespace.
        var transition: Transition?
        if let old {
            // What a small socket goes through is told by looks and timers.
            if !old.isSmall, old.state != one.state || one.isSmall {
                transition = one.transition(cookie, from: old.state, to: one.state, since: old.seen)
            }
        } else if let before, lookedInto.contains(one.namespace), !departed.before.contains(cookie) {
            transition = one.transition(cookie, from: .closed, to: one.state, since: before)
        }
        if one.isSmall { one.holder = .known }
        if one.holder != .known, connection.inode != 0 {
            if let holder = snapshot.firstHolder(of: connection) {
                one.holder = .known
                // Who held what the first look saw is told by that look.
                if before != nil {
                    let opening = Opening(
                        time: ended, cookie: cookie, namespace: one.namespace, way: .held, process: holder.process,
                        descriptor: holder.descriptor)
                    events.append((transition.map { latest($0, connection, ended) } ?? ended, .opening(opening)))
                }
            } else if hasHolders {
                one.holder = .asked
            }
        }
        if var transition {
            transition.time = latest(transition, connection, ended)
            events.append((transition.time, .transition(transition)))
        }
        if one.isSmall, notices.removeValue(forKey: cookie) != nil { one.isNoticed = true }
        known[cookie] = one
    }

    /// The latest that the transition can have been: before the look ended, before the state was as old as it is, and
    /// before the large socket was gone.
    private func latest(_ transition: Transition, _ connection: Connection, _ ended: UInt64) -> UInt64 {
        let age = UInt64(connection.ageAtLeast ?? 0) * 1_000_000
        var time = ended - min(ended, age > Self.jiffy ? age - Self.jiffy : 0)
        if transition.isHandedOver, let notice = notices[transition.cookie] { time = min(time, notice.time) }
        return max(transition.notBefore, time)
    }

    // MARK: What it does not show

    private mutating func miss(
        _ snapshot: Snapshot, ended: UInt64, _ events: inout [(time: UInt64, event: StreamEvent)]
    ) -> Set<UInt64> {
        let complete = snapshot.completeNamespaces
        let looked = Set(snapshot.namespaces.map(\.inode))
        let mayBeHidden = snapshot.gaps.contains { $0.kind == .namespace }
        var doubtful: Set<UInt64> = []
        var gone: [UInt64] = []
        for (cookie, one) in known where one.look != look {
            // A namespace that is no longer found is gone, and its sockets with it.
            guard complete.contains(one.namespace) || !looked.contains(one.namespace) && !mayBeHidden else {
                doubtful.insert(cookie)
                continue
            }
            if one.missed != 0 || notices[cookie] != nil && !one.isSmall {
                gone.append(cookie)
            } else {
                known[cookie]?.missed = ended
                doubtful.insert(cookie)
            }
        }
        for cookie in gone {
            guard var one = known.removeValue(forKey: cookie) else { continue }
            let notice = notices.removeValue(forKey: cookie)
            departed.0.insert(cookie)
            if notice == nil, !one.isNoticed { expectNotice(cookie) }
            // Looks and timers tell the end of a small socket.
            if one.isSmall { continue }
            if let notice { one.takeTraffic(of: notice) }
            var transition = one.transition(cookie, from: one.state, to: .closed, since: one.seen)
            let latest = min(notice?.time ?? .max, one.missed == 0 ? .max : one.missed)
            transition.time = max(transition.notBefore, latest)
            events.append((transition.time, .transition(transition)))
        }
        return doubtful
    }

    private mutating func expectNotice(_ cookie: UInt64) {
        if awaited.count < Self.mostAwaited { awaited.insert(cookie) } else { hasForgotten = true }
    }

    /// Notices of sockets that no look saw. One that came while the look went on may be of a connection that was made behind
    /// its back and is in TIME_WAIT now: the next look tells.
    private mutating func takeUnknown(began: UInt64, _ events: inout [(time: UInt64, event: StreamEvent)]) {
        for (cookie, notice) in notices where known[cookie] == nil && notice.time < began {
            notices[cookie] = nil
            if awaited.remove(cookie) != nil { continue }
            // One that had its last ACK before the watch was over by then, or never had a peer: its process has closed
            // the descriptor only now.
            guard let before, let first, let lastAck = notice.lastAckReceived else { continue }
            let heard = notice.time - min(notice.time, UInt64(lastAck) * 1_000_000 + Self.jiffy)
            guard heard + 2 * Self.jiffy >= (hasForgotten ? before : first) else { continue }
            let since = min(before, max(first, heard))
            brief += 1
            var transition = Transition(
                time: max(since, notice.time), notBefore: since, cookie: cookie, namespace: notice.namespace,
                old: .closed, new: .closed, local: notice.local, remote: notice.remote, interface: notice.interface,
                bytesAcked: notice.bytesAcked ?? 0, bytesReceived: notice.bytesReceived ?? 0,
                retransmissions: notice.retransmissions ?? 0, flags: .deduced)
            if notice.bytesAcked == nil || notice.remote.port == 0 { transition.flags.insert(.withoutTraffic) }
            events.append((transition.time, .transition(transition)))
        }
    }
}

extension SnapshotDifference.Known {
    fileprivate init(_ connection: Connection, namespace: UInt32, _ holder: SnapshotDifference.HolderSearch?) {
        self.init(
            state: connection.state, isSmall: connection.isSmall, holder: holder ?? .unasked, namespace: namespace,
            local: connection.local, remote: connection.remote, interface: connection.interface,
            bytesAcked: connection.info.bytesAcked ?? 0, bytesReceived: connection.info.bytesReceived ?? 0,
            retransmissions: connection.info.totalRetransmissions ?? 0, hasTraffic: connection.info.bytesAcked != nil,
            look: 0, seen: 0, missed: 0, isNoticed: false)
    }

    /// A small socket does not have it: what was seen last stands.
    fileprivate mutating func keepTraffic(of old: Self) {
        guard !hasTraffic, old.hasTraffic else { return }
        (bytesAcked, bytesReceived) = (old.bytesAcked, old.bytesReceived)
        (retransmissions, hasTraffic) = (old.retransmissions, true)
    }

    /// The last word, unless its process reset the connection, which forgets it.
    fileprivate mutating func takeTraffic(of notice: EndNotice) {
        guard let acked = notice.bytesAcked, notice.remote.port != 0 || !hasTraffic else { return }
        bytesAcked = max(bytesAcked, acked)
        bytesReceived = max(bytesReceived, notice.bytesReceived ?? 0)
        retransmissions = max(retransmissions, notice.retransmissions ?? 0)
        hasTraffic = true
    }

    fileprivate func transition(_ cookie: UInt64, from old: State, to new: State, since: UInt64) -> Transition {
        var flags: Transition.Flags = .deduced
        if isSmall { flags.insert(.handedOver) }
        if !hasTraffic { flags.insert(.withoutTraffic) }
        return Transition(
            time: since, notBefore: since, cookie: cookie, namespace: namespace, old: old, new: new, local: local,
            remote: remote, interface: interface, bytesAcked: bytesAcked, bytesReceived: bytesReceived,
            retransmissions: retransmissions, flags: flags)
    }
}
