import CPacketdrill
import Glibc
import Lab
import TCP

// poll(2) and epoll(7).
extension Host {
    /// What is there on a descriptor, as poll's bits; `nil`: no such descriptor.
    func readiness(_ number: Int32) -> Int32? {
        guard let descriptor = descriptors[number] else { return nil }
        var events: Int32 = 0
        switch descriptor.kind {
        case .fresh: events = POLLOUT | POLLHUP
        case .epoll: break
        case .listener(let socket):
            if stack.acceptQueueCount(of: socket) > 0 { events = POLLIN | POLLRDNORM }
        case .connection(let socket):
            let isOver = stack.ending(of: socket) != nil
            let isAtEnd = stack.hasPeerClosed(socket)
            if stack.readableCount(of: socket) > 0 || isAtEnd || isOver { events |= POLLIN | POLLRDNORM }
            if isAtEnd || isOver { events |= 0x2000 }  // POLLRDHUP
            if stack.isWritable(socket) || isOver { events |= POLLOUT | POLLWRNORM }
            if isOver || isAtEnd && stack.isSendingOver(socket) { events |= POLLHUP }
        }
        if descriptor.error != nil { events |= POLLERR }
        return events
    }

    func poll(_ entries: UnsafeMutableBufferPointer<pollfd>, _ milliseconds: Int32) throws(SystemError) -> Int32 {
        let end = milliseconds < 0 ? nil : now + Int64(milliseconds) * 1000
        let count = try wait(until: end) { () throws(SystemError) -> Int32? in
            var count: Int32 = 0
            for index in entries.indices {
                let wanted = Int32(entries[index].events) | POLLERR | POLLHUP
                let found = readiness(entries[index].fd).map { $0 & wanted } ?? POLLNVAL
                entries[index].revents = Int16(truncatingIfNeeded: found)
                if found != 0 { count += 1 }
            }
            return count > 0 ? count : nil
        }
        return count ?? 0
    }

    // MARK: epoll

    func epollCreate() throws(SystemError) -> Int32 {
        let descriptor = try add(isV6: false)
        descriptor.kind = .epoll(Epoll())
        return descriptor.number
    }

    private func epoll(_ number: Int32) throws(SystemError) -> (Descriptor, Epoll) {
        let descriptor = try descriptor(number)
        guard case .epoll(let epoll) = descriptor.kind else { throw SystemError(EINVAL) }
        return (descriptor, epoll)
    }

    func epollControl(
        _ set: Int32, _ operation: Int32, _ number: Int32, _ event: epoll_event?
    ) throws(SystemError) {
        var (descriptor, epoll) = try epoll(set)
        _ = try self.descriptor(number)
        switch (operation, event) {
        case (EPOLL_CTL_ADD, let event?):
            guard epoll.watched[number] == nil else { throw SystemError(EEXIST) }
            epoll.watched[number] = Epoll.Watch(events: event.events, data: event.data.u64)
        case (EPOLL_CTL_MOD, let event?):
            guard epoll.watched[number] != nil else { throw SystemError(ENOENT) }
            epoll.watched[number] = Epoll.Watch(events: event.events, data: event.data.u64)
        case (EPOLL_CTL_DEL, _):
            guard epoll.watched.removeValue(forKey: number) != nil else { throw SystemError(ENOENT) }
        default: throw SystemError(EINVAL)
        }
        descriptor.kind = .epoll(epoll)
    }

    func epollWait(
        _ set: Int32, _ events: UnsafeMutableBufferPointer<epoll_event>, _ milliseconds: Int32
    ) throws(SystemError) -> Int32 {
        let end = milliseconds < 0 ? nil : now + Int64(milliseconds) * 1000
        let count = try wait(until: end) { () throws(SystemError) -> Int32? in
            let count = try report(set, events)
            return count > 0 ? Int32(count) : nil
        }
        return count ?? 0
    }

    private func report(_ set: Int32, _ events: UnsafeMutableBufferPointer<epoll_event>) throws(SystemError) -> Int {
        let (descriptor, epoll) = try epoll(set)
        var kept = epoll
        var count = 0
        for (number, watch) in epoll.watched.sorted(by: { $0.key < $1.key }) where count < events.count {
            let wanted = watch.events | UInt32(POLLERR | POLLHUP)
            let found = UInt32(bitPattern: readiness(number) ?? 0) & wanted & 0xffff
            let isEdge = watch.events & 1 << 31 != 0
            kept.watched[number]?.reported = found
            guard found != 0, !watch.isDisabled, !isEdge || found & ~watch.reported != 0 else { continue }
            events[count].events = found
            events[count].data.u64 = watch.data
            count += 1
            // EPOLLONESHOT
            if watch.events & 1 << 30 != 0 { kept.watched[number]?.isDisabled = true }
        }
        descriptor.kind = .epoll(kept)
        return count
    }
}
