internal import Sockets

/// Every descriptor of a TCP socket, by the iterator or by walking /proc. Runs on a thread of its own.
struct DescriptorLook: Sendable {
    let usesIterator: Bool
    private(set) var listing = DescriptorListing()
    /// Of the listing's descriptors.
    let index: DescriptorIndex
    /// By the index.
    var finder: HolderFinder { HolderFinder(index, listing.descriptors) }
    private(set) var gaps: [Gap] = []
    /// The iterator; `nil` without it, and in a replay.
    private let program: IteratorProgram?

    init(_ inputs: Inputs, _ ways: Ways, _ pids: [Int32], isNested: Bool) throws(KernelError) {
        let loaded = try ways.load(.descriptors(nested: isNested), wanted: ways.descriptorIterator, inputs)
        gaps = loaded.gaps
        usesIterator = loaded.isUsed
        program = loaded.program
        guard usesIterator else {
            listing = DescriptorWalk(inputs: inputs).run(pids)
            index = DescriptorIndex(listing.descriptors, byCookie: false)
            return
        }
        var found = DescriptorListing()
        found.descriptors.reserveCapacity(ways.expectedFiles)
        try inputs.stream(
            "iter.task_file",
            live: { (consume) throws(KernelError) in
                try loaded.program?.read(consume: consume)
            }, consume: { found.consume($0.bytes) })
        found.settleThreads()
        listing = found
        index = DescriptorIndex(found.descriptors, byCookie: true)
    }

    /// The descriptors of the same processes at a later moment, in the same way: inputs of their own. A recording of
    /// before there was such a moment has none.
    func again(_ inputs: Inputs, _ pids: [Int32]) -> [SocketDescriptor] {
        guard usesIterator else { return DescriptorWalk(inputs: inputs, isAgain: true).run(pids).descriptors }
        var found = DescriptorListing()
        try? inputs.stream(
            "iter.task_file.again",
            live: { (consume) throws(KernelError) in
                try program?.read(consume: consume)
            }, consume: { found.consume($0.bytes) })
        found.settleThreads()
        return found.descriptors
    }
}
