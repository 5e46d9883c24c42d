import Kernel
import Sockets
import TCP
import Watching

/// One JSON object a line. Keys and values are never translated; docs/watching.md names them.
struct WatchJSON {
    private var writer = JSONWriter(reservingCapacity: 4096)
    /// What is added to the monotonic clock for the wall clock, nanoseconds.
    var offset: Int64 = HostClock.offset

    private mutating func end(to output: inout Output) {
        writer.endObject()
        writer.newline()
        output.buffer.append(writer.drain())
    }

    private mutating func begin(_ event: StaticString, at time: UInt64) {
        writer.beginObject()
        writer.key("event")
        writer.value(event)
        writer.key("time_us")
        writer.value((Int64(bitPattern: time) &+ offset) / 1000)
    }

    /// The stream is open: from here on nothing is missed.
    mutating func start(_ way: StreamWay, at time: UInt64, to output: inout Output) {
        begin("start", at: time)
        writer.key("schema")
        writer.value(1)
        writer.key("linger")
        writer.value(lingerVersion)
        writer.key("method")
        switch way {
        case .bpf(let acceptFailure):
            writer.value("bpf" as StaticString)
            self.limits(acceptFailure == nil ? [] : ["accepts_unseen"], acceptFailure)
        case .snapshots(let limits):
            writer.value("snapshots" as StaticString)
            writer.key("every_ms")
            writer.value(limits.every / 1_000_000)
            writer.key("refused")
            writer.value(limits.refusal?.description)
            self.limits(
                ["states_between_looks", "times_are_bounds", "owners_by_descriptor", "endings_unseen", "no_stacks"]
                    + (limits.noticesFailure == nil ? [] : ["no_notices"]), limits.noticesFailure)
        }
        end(to: &output)
    }

    /// What is not seen, by its key, and why the last of it is not.
    private mutating func limits(_ keys: [StaticString], _ reason: KernelError?) {
        writer.key("limits")
        writer.beginArray()
        for key in keys { writer.value(key) }
        writer.endArray()
        writer.key("reason")
        writer.value(reason?.description)
    }

    /// The look is done: everything that was there before is known.
    mutating func ready(_ snapshot: Snapshot, known: Int, at time: UInt64, to output: inout Output) {
        begin("ready", at: time)
        writer.key("host")
        writer.value(snapshot.host)
        writer.key("kernel")
        writer.value(snapshot.kernel)
        writer.key("sockets")
        writer.value(known)
        end(to: &output)
    }

    mutating func transition(
        _ step: Step, listener: ProcessIdentity?, namespace: String?, stack: [StackFrame]?, to output: inout Output
    ) {
        begin("transition", at: step.transition.time)
        identity(step.life, namespace)
        let transition = step.transition
        writer.key("old")
        if transition.isBrief { writer.null() } else { writer.value(transition.old.key) }
        writer.key("new")
        writer.value(transition.new.key)
        writer.key("basis")
        writer.value(transition.isDeduced ? "looks" : "stream" as StaticString)
        if transition.isDeduced {
            writer.key("not_before_us")
            writer.value((Int64(bitPattern: transition.notBefore) &+ offset) / 1000)
        }
        writer.key("after_us")
        writer.value(step.dwell.map { $0.nanoseconds / 1000 })
        writer.key("after_is_exact")
        writer.value(step.dwell?.isExact)
        process(step.owner, step.life)
        writer.key("listener")
        identity(listener)
        writer.key("error")
        writer.value(step.transition.error == 0 ? nil : Int(step.transition.error))
        traffic(step.life)
        self.stack(stack)
        end(to: &output)
    }

    mutating func smallEnd(
        _ life: Life, owner: ProcessIdentity?, at time: UInt64, basis: StaticString, namespace: String?,
        to output: inout Output
    ) {
        begin("transition", at: time)
        identity(life, namespace)
        writer.key("old")
        writer.value(life.state.key)
        writer.key("new")
        writer.value(State.closed.key)
        writer.key("basis")
        writer.value(basis)
        writer.key("after_us")
        writer.value((time - min(time, life.ended)) / 1000)
        writer.key("after_is_exact")
        writer.value(false)
        process(owner, life)
        end(to: &output)
    }

    mutating func opening(_ opening: Opening, namespace: String?, stack: [StackFrame]?, to output: inout Output) {
        begin("opening", at: opening.time)
        writer.key("cookie")
        writer.value(String(opening.cookie, radix: 16))
        writer.key("netns")
        writer.value(namespace)
        writer.key("way")
        switch opening.way {
        case .connect: writer.value("connect" as StaticString)
        case .accept: writer.value("accept" as StaticString)
        case .listen: writer.value("listen" as StaticString)
        case .held: writer.value("held" as StaticString)
        }
        writer.key("process")
        writer.beginObject()
        fields(opening.process)
        writer.key("fd")
        writer.value(opening.descriptor)
        writer.key("thread")
        writer.value(opening.thread == 0 ? nil : opening.thread)
        writer.endObject()
        self.stack(stack)
        end(to: &output)
    }

    mutating func life(
        _ life: Life, owner: ProcessIdentity?, namespace: String?, stack: [StackFrame]?,
        to output: inout Output
    ) {
        begin("life", at: life.ended)
        identity(life, namespace)
        writer.key("way")
        switch life.isOutgoing {
        case true?: writer.value("out" as StaticString)
        case false?: writer.value("in" as StaticString)
        case nil: writer.null()
        }
        writer.key("states")
        writer.beginArray()
        for index in 0..<Int(life.stateCount) {
            writer.beginObject()
            writer.key("state")
            writer.value(life.state(at: index).key)
            writer.key("entered_us")
            writer.value(
                index == 0 && life.beganBefore
                    ? nil : life.entered(at: index).map { (Int64(bitPattern: $0) &+ offset) / 1000 })
            writer.key("dwell_us")
            writer.value(life.dwell(at: index).map { $0 / 1000 })
            writer.endObject()
        }
        writer.endArray()
        writer.key("ending")
        if let ending = life.ending { writer.value(ending.key) } else { writer.null() }
        writer.key("closed_first")
        writer.value(life.closedFirst?.rawValue)
        writer.key("error")
        writer.value(life.error == 0 ? nil : Int(life.error))
        writer.key("is_whole")
        writer.value(!life.beganBefore && !life.hasHoles)
        writer.key("late_us")
        writer.value(life.lateness)
        process(owner, life)
        traffic(life)
        self.stack(stack)
        end(to: &output)
    }

    /// A look found other than what the stream had told.
    mutating func correction(_ result: Reconciliation, at time: UInt64, to output: inout Output) {
        begin("correction", at: time)
        writer.key("ended")
        writer.value(result.ended)
        writer.key("changed")
        writer.value(result.changed)
        end(to: &output)
    }

    mutating func gap(_ lost: StreamCounts, at time: UInt64, to output: inout Output) {
        begin("gap", at: time)
        losses(lost)
        end(to: &output)
    }

    mutating func finish(
        _ counts: StreamCounts, unseen: UInt64, lives: UInt64, at time: UInt64, to output: inout Output
    ) {
        begin("end", at: time)
        writer.key("transitions")
        writer.value(counts.transitions)
        writer.key("openings")
        writer.value(counts.openings)
        writer.key("lives")
        writer.value(lives)
        writer.key("unseen")
        writer.value(unseen)
        writer.key("brief")
        writer.value(counts.brief)
        losses(counts)
        end(to: &output)
    }

    private mutating func losses(_ counts: StreamCounts) {
        writer.key("lost_transitions")
        writer.value(counts.lostTransitions)
        writer.key("lost_openings")
        writer.value(counts.lostOpenings)
        writer.key("lost_notices")
        writer.value(counts.lostNotices)
        writer.key("missed_runs")
        writer.value(counts.missedRuns)
        writer.key("rescued")
        writer.value(counts.rescued)
        writer.key("unkeyed_openings")
        writer.value(counts.unkeyedOpenings)
        writer.key("undecoded")
        writer.value(counts.undecoded)
    }

    private mutating func identity(_ life: Life, _ namespace: String?) {
        writer.key("cookie")
        writer.value(String(life.cookie, radix: 16))
        writer.key("netns")
        writer.value(namespace)
        writer.key("local")
        writer.value(WatchTable.text(life.local))
        writer.key("remote")
        writer.value(WatchTable.text(life.remote))
    }

    private mutating func process(_ process: ProcessIdentity?, _ life: Life) {
        writer.key("process")
        guard let process else { return writer.null() }
        writer.beginObject()
        fields(process)
        writer.key("fd")
        writer.value(life.descriptor)
        writer.endObject()
    }

    private mutating func identity(_ process: ProcessIdentity?) {
        guard let process else { return writer.null() }
        writer.beginObject()
        fields(process)
        writer.endObject()
    }

    private mutating func fields(_ process: ProcessIdentity) {
        writer.key("pid")
        writer.value(process.pid)
        writer.key("name")
        writer.value(process.command)
    }

    private mutating func traffic(_ life: Life) {
        writer.key("bytes_acked")
        writer.value(life.hasTraffic ? life.bytesAcked : nil)
        writer.key("bytes_received")
        writer.value(life.hasTraffic ? life.bytesReceived : nil)
        writer.key("total_retransmissions")
        writer.value(life.hasTraffic ? life.retransmissions : nil)
    }

    private mutating func stack(_ frames: [StackFrame]?) {
        guard let frames, !frames.isEmpty else { return }
        writer.key("stack")
        writer.beginArray()
        for frame in frames {
            writer.beginObject()
            writer.key("address")
            writer.value(String(frame.address, radix: 16))
            writer.key("module")
            writer.value(frame.module)
            writer.key("build_id")
            writer.value(frame.buildID)
            writer.key("offset")
            writer.value(frame.offset.map { String($0, radix: 16) })
            writer.key("symbol")
            writer.value(frame.symbol)
            writer.key("file")
            writer.value(frame.file)
            writer.key("line")
            writer.value(frame.line)
            writer.endObject()
        }
        writer.endArray()
    }
}
