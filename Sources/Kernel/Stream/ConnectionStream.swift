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
    /// When the places of the young were gone through last, monotonic.
    private var lastRelease: UInt64 = 0
    package var way: StreamWay { .bpf(acceptFailure: program.acceptFailure) }

    /// Loads the programs and attaches them: from its return on nothing is missed.
    package init(_ options: StreamOptions) throws(KernelError) {
        let host = HostFacts.live()
        program = try Self.program(options, nested: !host.seesAllProcesses)
        decoder = StreamDecoder(
            ticksPerSecond: host.ticksPerSecond, unwinder: options.stacks ? Unwinder() : nil)
        sink = Sink(decoder, atOnce: options.bufferSize)
        guard
            let ring = ring_buffer__new(
                program.events,
                { context, bytes, size in
                    guard let context, let bytes else { return 0 }
                    let sink = Unmanaged<Sink>.fromOpaque(context).takeUnretainedValue()
                    return sink.take(UnsafeRawBufferPointer(start: bytes, count: size))
                }, Unmanaged.passUnretained(sink).toOpaque(), nil)
        else { throw .system("ring_buffer__new") }
        self.ring = ring
    }

    /// Without courses where the kernel does not take the programs with them (compare-and-swap on aarch64 before Linux 5.18).
    private static func program(_ options: StreamOptions, nested: Bool) throws(KernelError) -> StreamProgram {
        guard options.keepsCourses, let program = try? StreamProgram(options, nested: nested) else {
            var plain = options
            plain.courses = false
            return try StreamProgram(plain, nested: nested)
        }
        return program
    }

    deinit { ring_buffer__free(ring) }

    /// Nanoseconds: no longer young.
    private static let youth: UInt64 = 1_000_000_000

    package func read(all: Bool, _ consume: (StreamEvent) -> Void) throws(KernelError) {
        let now = HostClock.monotonic
        sink.taken = 0
        // What the buffer has of an earlier life of the same socket comes before, and what the kernel tells of those that
        // are released comes after.
        let isEmpty = try consumeBuffer(consume)
        guard program.young != nil, all || isEmpty && now >= lastRelease + Self.youth else { return }
        lastRelease = now
        release(begunBy: all ? now : now - min(now, Self.youth), consume)
        try consumeBuffer(consume)
    }

    /// - Returns: whether all that waited was taken.
    @discardableResult
    private func consumeBuffer(_ consume: (StreamEvent) -> Void) throws(KernelError) -> Bool {
        let code = withoutActuallyEscaping(consume) { consume in
            sink.consume = consume
            sink.left = sink.atOnce
            defer { sink.consume = nil }
            return ring_buffer__consume(ring)
        }
        guard code >= 0 || code == Sink.enough else { throw KernelError(call: "ring_buffer__consume", code: 0 &- code) }
        return code >= 0
    }

    private func release(begunBy time: UInt64, _ consume: (StreamEvent) -> Void) {
        program.young?.release(begunBy: time) { record in
            if let course = decoder.course(record) {
                sink.count(course)
                consume(.course(course))
            } else {
                sink.undecoded += 1
            }
        }
    }

    /// A quarter of the buffer: where the kernel wakes the reader early.
    package var isPressed: Bool { sink.taken >= sink.atOnce / 4 }

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
        // What comes in courses is counted here, and not by the kernel.
        counts.transitions = kernel.transitions + sink.transitions
        counts.openings = kernel.openings + sink.openings
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
    /// Where what is made of the records takes longer than the kernel needs to write more, a read would never end.
    static let enough: Int32 = 0 - ECANCELED

    /// Of each record in the buffer (BPF_RINGBUF_HDR_SZ).
    private static let header = 8

    private let decoder: StreamDecoder
    let atOnce: Int
    /// Bytes of this read, and those that it may still take.
    var taken = 0
    var left = 0
    var consume: ((StreamEvent) -> Void)?
    var undecoded: UInt64 = 0
    /// Of courses.
    private(set) var transitions: UInt64 = 0
    private(set) var openings: UInt64 = 0

    /// - Parameter atOnce: bytes that one read takes, at least.
    init(_ decoder: StreamDecoder, atOnce: Int) {
        self.decoder = decoder
        self.atOnce = atOnce
    }

    /// The C callback's answer: whether to go on.
    func take(_ bytes: UnsafeRawBufferPointer) -> Int32 {
        if let event = decoder.event(bytes.bytes) {
            if case .course(let course) = event { count(course) }
            consume?(event)
        } else {
            undecoded += 1
        }
        taken += bytes.count + Self.header
        left -= bytes.count + Self.header
        return left > 0 ? 0 : Self.enough
    }

    func count(_ course: Course) {
        transitions += UInt64(course.count) + (course.end == nil ? 0 : 1)
        if course.opener != nil { openings += 1 }
    }
}
