internal import CLibBPF
internal import CLinux
internal import Glibc
package import Sockets

/// Every transition of the host's connections, and who opened them, from the moment that the value is made.
///
/// To be used on one thread.
package final class ConnectionStream: TransitionSource {
    private let program: StreamProgram
    private let decoder: StreamDecoder
    private let ring: OpaquePointer
    /// Where the ring buffer's callback puts what it reads.
    private let sink: Sink
    package var way: StreamWay { .bpf(acceptFailure: program.acceptFailure) }

    /// Loads the programs and attaches them: from its return on nothing is missed.
    package init(_ options: StreamOptions) throws(KernelError) {
        let host = HostFacts.live()
        program = try StreamProgram(options, nested: !host.seesAllProcesses)
        decoder = StreamDecoder(
            ticksPerSecond: host.ticksPerSecond, unwinder: options.stacks ? Unwinder() : nil)
        sink = Sink(decoder)
        guard
            let ring = ring_buffer__new(
                program.events,
                { context, bytes, size in
                    guard let context, let bytes else { return 0 }
                    let sink = Unmanaged<Sink>.fromOpaque(context).takeUnretainedValue()
                    sink.take(UnsafeRawBufferPointer(start: bytes, count: size))
                    return 0
                }, Unmanaged.passUnretained(sink).toOpaque(), nil)
        else { throw .system("ring_buffer__new") }
        self.ring = ring
    }

    deinit { ring_buffer__free(ring) }

    package func read(_ consume: (StreamEvent) -> Void) throws(KernelError) {
        let code = withoutActuallyEscaping(consume) { consume in
            sink.consume = consume
            defer { sink.consume = nil }
            return ring_buffer__consume(ring)
        }
        guard code >= 0 else { throw KernelError(call: "ring_buffer__consume", code: 0 &- code) }
    }

    package func wait(milliseconds: Int32, _ interruption: borrowing Interruption) {
        interruption.wait(for: ring_buffer__epoll_fd(ring), milliseconds: milliseconds)
    }

    /// The kernel tells all by itself.
    package func needsLook(at now: UInt64) -> Bool { false }
    package func needsHolders(_ snapshot: Snapshot, at now: UInt64) -> Bool { false }
    package func take(_ snapshot: Snapshot, began: UInt64, ended: UInt64, _ depth: LookDepth) -> Set<UInt64> { [] }

    package func counts() throws(KernelError) -> StreamCounts {
        let missed = program.missedRuns()
        let kernel = try program.counts()
        var counts = StreamCounts()
        counts.transitions = kernel.transitions
        counts.openings = kernel.openings
        counts.lostTransitions = kernel.lost_transitions
        counts.lostOpenings = kernel.lost_openings
        counts.unkeyedOpenings = kernel.unkeyed_openings
        // Read before: what is made up for comes after what was left out.
        counts.rescued = kernel.passed_over
        counts.missedRuns = missed > kernel.passed_over ? missed - kernel.passed_over : 0
        counts.undecoded = sink.undecoded
        return counts
    }
}

/// What the ring buffer's C callback can be handed.
private final class Sink {
    let decoder: StreamDecoder
    var consume: ((StreamEvent) -> Void)?
    var undecoded: UInt64 = 0

    init(_ decoder: StreamDecoder) { self.decoder = decoder }

    func take(_ bytes: UnsafeRawBufferPointer) {
        if let event = decoder.event(bytes.bytes) { consume?(event) } else { undecoded += 1 }
    }
}
