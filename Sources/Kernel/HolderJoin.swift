internal import Sockets

/// Brings connections and descriptors together.
///
/// The key is the socket cookie; a walk through /proc knows only the inode. An MPTCP subflow has its own cookie and its
/// connection's inode, so it is joined by that.
struct HolderJoin {
    private(set) var holders: [Holder] = []
    /// Descriptors that belong to no connection.
    private(set) var unmatched: [Int] = []

    /// Sets `holding` of each connection that has holders.
    /// - Parameters:
    ///   - process: the index of a process by its pid.
    init(
        _ connections: inout [Connection], _ descriptors: [SocketDescriptor], byCookie: Bool,
        process: (Int32) -> Int32
    ) {
        let count = connections.count
        var table = SlotTable(capacity: count)
        var subflows: [UInt32: [Int]] = [:]
        for index in 0..<count {
            let connection = connections[index]
            if connection.transport == .subflow, byCookie {
                if connection.inode != 0 { subflows[connection.inode, default: []].append(index) }
            } else if byCookie {
                table.insert(connection.cookie, UInt32(index))
            } else if connection.inode != 0 {
                // MPTCP connection and subflows share an inode.
                if connection.transport == .tcp {
                    table.insert(UInt64(connection.inode), UInt32(index))
                } else {
                    subflows[connection.inode, default: []].append(index)
                }
            }
        }

        // Pairs of connection and descriptor, then laid out by connection.
        var pairs: [(connection: UInt32, descriptor: UInt32)] = []
        pairs.reserveCapacity(descriptors.count)
        var starts = [UInt32](repeating: 0, count: count + 1)
        for index in descriptors.indices {
            let descriptor = descriptors[index]
            var matched = false
            if let found = table.find(byCookie ? descriptor.cookie : UInt64(descriptor.inode)) {
                pairs.append((found, UInt32(index)))
                starts[Int(found) + 1] += 1
                matched = true
            }
            if !subflows.isEmpty, let more = subflows[descriptor.inode] {
                for found in more {
                    pairs.append((UInt32(found), UInt32(index)))
                    starts[found + 1] += 1
                }
                matched = true
            }
            if !matched { unmatched.append(index) }
        }
        for index in 0..<count {
            let own = starts[index + 1]
            if own > 0 { connections[index].holding = .held(start: starts[index], count: own) }
            starts[index + 1] += starts[index]
        }
        var lastPID: Int32 = -1
        var lastProcess: Int32 = 0
        holders = [Holder](repeating: Holder(process: 0, descriptor: 0), count: pairs.count)
        for pair in pairs {
            let descriptor = descriptors[Int(pair.descriptor)]
            if descriptor.pid != lastPID {
                lastPID = descriptor.pid
                lastProcess = process(descriptor.pid)
            }
            let slot = Int(starts[Int(pair.connection)])
            holders[slot] = Holder(process: lastProcess, descriptor: descriptor.descriptor)
            starts[Int(pair.connection)] += 1
        }
    }
}

/// A hash table from keys to connection indices: open addressing, at most half full, built once. A dictionary of 100,000
/// entries took four times as long to build.
private struct SlotTable {
    private var keys: [UInt64]
    private var values: [UInt32]
    private let shift: UInt64

    init(capacity: Int) {
        var bits: UInt64 = 4
        while 1 << bits < capacity * 2 { bits += 1 }
        keys = [UInt64](repeating: 0, count: 1 << bits)
        values = [UInt32](repeating: 0, count: 1 << bits)
        shift = 64 - bits
    }

    /// 0 is no key: neither a cookie nor an inode. A key that is there stays as it is.
    mutating func insert(_ key: UInt64, _ value: UInt32) {
        guard key != 0 else { return }
        var slot = Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> shift)
        while keys[slot] != 0 {
            if keys[slot] == key { return }
            slot = (slot + 1) & (keys.count - 1)
        }
        keys[slot] = key
        values[slot] = value
    }

    func find(_ key: UInt64) -> UInt32? {
        guard key != 0 else { return nil }
        var slot = Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> shift)
        while keys[slot] != 0 {
            if keys[slot] == key { return values[slot] }
            slot = (slot + 1) & (keys.count - 1)
        }
        return nil
    }
}
