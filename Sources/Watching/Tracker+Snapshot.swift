package import Sockets
internal import TCP

/// What happens while a look goes through the host's sockets, one after another, and the stream goes on.
struct LookUnderWay {
    /// Sockets that closed since it began: it may still show them.
    var closed: Set<UInt64> = []
}

/// What a look corrected.
package struct Reconciliation: Sendable, Equatable {
    /// Sockets that were there before the stream began, or whose transitions were lost.
    package var added = 0
    /// Lives that are over: their end was not seen.
    package var ended = 0
    /// Small sockets that ended before their timer said so.
    package var smallEnded = 0
    /// Lives in another state than the stream told; without small sockets, of which it tells nothing.
    package var changed = 0

    /// What the stream should have told, and did not.
    package var unseen: Int { ended + changed }

    package init(added: Int = 0, ended: Int = 0, smallEnded: Int = 0, changed: Int = 0) {
        self.added = added
        self.ended = ended
        self.smallEnded = smallEnded
        self.changed = changed
    }
}

extension Tracker {
    /// To be called before a look begins; `reconcile` ends it.
    package func beginLook() { look = LookUnderWay() }

    /// Brings the lives and a look together. The stream must have been read up to the end of the look first: then what it
    /// did not tell of has not changed while the look went on, and the look is right about it. So there are no ghosts (what
    /// closed meanwhile is not added) and no holes (what opened meanwhile is known).
    /// - Parameters:
    ///   - began: when the look began.
    ///   - ended: when it ended.
    ///   - sparing: sockets that are not taken for gone, though the look does not show them.
    ///   - endOf: receives each life that the look ended.
    @discardableResult
    package func reconcile(
        _ snapshot: Snapshot, began: UInt64, ended: UInt64, sparing: Set<UInt64> = [],
        endOf: (Life) -> Void = { _ in }
    ) -> Reconciliation {
        var result = Reconciliation()
        var seen: Set<UInt64> = []
        seen.reserveCapacity(snapshot.connections.count)
        for connection in snapshot.connections {
            guard connection.hasTransitions, Int(connection.namespace) < snapshot.namespaces.count else { continue }
            seen.insert(connection.cookie)
            if let place = store.place(of: connection.cookie) {
                if correct(place, connection, snapshot, began: began, ended: ended) { result.changed += 1 }
            } else if look?.closed.contains(connection.cookie) != true {
                add(connection, snapshot, at: ended)
                result.added += 1
            }
        }
        // What a look could not see, or was not asked to, it takes for gone nowhere.
        let namespaces = snapshot.completeNamespaces
        var gone: [LifeStore.Place] = []
        store.visit { place in
            let life = store[place]
            if !seen.contains(life.cookie), namespaces.contains(life.namespace), life.lastChange < began,
                !sparing.contains(life.cookie)
            {
                gone.append(place)
            }
        }
        for place in gone {
            if store[place].isSmall { result.smallEnded += 1 } else { result.ended += 1 }
            end(place, at: began, endOf)
        }
        look = nil
        return result
    }

    private func end(_ place: LifeStore.Place, at time: UInt64, _ endOf: (Life) -> Void) {
        if !store[place].isSmall {
            store.update(place) { life in
                life.ending = .unseen
                life.flags.insert(.hasHoles)
                life.ended = time
            }
        }
        endOf(store[place])
        take(place)
    }

    /// - Returns: whether the state was another than the stream should have told.
    private func correct(
        _ place: LifeStore.Place, _ connection: Connection, _ snapshot: Snapshot, began: UInt64, ended: UInt64
    ) -> Bool {
        if store[place].owner == nil { adoptHolder(place, connection, snapshot) }
        if !store[place].hasTraffic { adoptTraffic(place, connection) }
        let life = store[place]
        // A transition since the look began is newer than what it saw.
        guard life.state != connection.state, life.lastChange < began else { return false }
        let wasSmall = life.isSmall
        census.move(from: life.state, to: connection.state)
        store.update(place) { life in
            life.flags.insert(.hasHoles)
            life.enter(connection.state, at: nil)
        }
        // An orphan in FIN_WAIT_2 whose peer closed: its timer began anew.
        if connection.isSmall { startTimer(place, connection, at: ended) }
        return !wasSmall
    }

    private func add(_ connection: Connection, _ snapshot: Snapshot, at time: UInt64) {
        var life = Life(
            cookie: connection.cookie, namespace: snapshot.namespaces[Int(connection.namespace)].inode,
            local: connection.local, remote: connection.remote)
        let age = UInt64(connection.ageAtLeast ?? 0) * 1_000_000
        life.flags = .beganBefore
        life.enter(connection.state, at: time > age ? time - age : 1)
        if connection.info.bytesAcked == nil { life.flags.insert(.withoutTraffic) }
        life.bytesAcked = connection.info.bytesAcked ?? 0
        life.bytesReceived = connection.info.bytesReceived ?? 0
        life.retransmissions = connection.info.totalRetransmissions ?? 0
        let place = store.insert(life)
        if connection.isSmall { startTimer(place, connection, at: time) }
        census.move(from: nil, to: connection.state)
        if connection.state == .listen {
            listeners.open(life.namespace, connection.local.port, cookie: life.cookie)
        }
        if let opening = early.take(connection.cookie) {
            setOwner(place, opening)
        } else {
            adoptHolder(place, connection, snapshot)
        }
    }

    /// The kernel shows how long a small socket has left, so it is known when the socket took over.
    private func startTimer(_ place: LifeStore.Place, _ connection: Connection, at time: UInt64) {
        let length = length(of: connection.state)
        let left = connection.timer.kind == .timeWait ? UInt64(connection.timer.expires) * 1_000_000 : length
        let due = time &+ left
        timers.insert(TimerQueue.Entry(due: due, cookie: connection.cookie))
        store.update(place) { life in
            life.flags.insert(.isSmall)
            life.ended = due > length ? due - length : 1
        }
    }

    /// What it carried so far, where no transition has told.
    private func adoptTraffic(_ place: LifeStore.Place, _ connection: Connection) {
        guard let acked = connection.info.bytesAcked else { return }
        store.update(place) { life in
            life.flags.remove(.withoutTraffic)
            life.bytesAcked = acked
            life.bytesReceived = connection.info.bytesReceived ?? 0
            life.retransmissions = connection.info.totalRetransmissions ?? 0
        }
    }

    /// The first that holds it: who opened it is not known.
    private func adoptHolder(_ place: LifeStore.Place, _ connection: Connection, _ snapshot: Snapshot) {
        guard let holder = snapshot.firstHolder(of: connection) else { return }
        let number = owners.retain(holder.process)
        store.update(place) { life in
            life.ownerNumber = number?.raw ?? .max
            life.descriptor = holder.descriptor
        }
    }
}

extension Life {
    /// The latest time that anything of it was seen.
    fileprivate var lastChange: UInt64 { max(ended, lastEntered ?? 0) }
}
