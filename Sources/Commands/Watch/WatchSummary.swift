import Kernel
import Sockets
import TCP
import Watching

/// The tables of `--summary`: states, and who opens and closes most.
struct WatchSummary {
    let plan: WatchPlan
    let tracker: Tracker
    let activity: Activity
    /// The function that a stack begins in, for a person.
    let place: (CallStack) -> String

    private static let mostRows = 15

    private struct Row {
        var group: DwellGroup
        var counts: Activity.Counts
        var now = 0
        var closeWait = 0
    }

    func write(at time: String, to output: inout Output) throws {
        let rows = rows()
        switch plan.format {
        case .table: try writeTable(rows, at: time, to: &output)
        case .ndjson: writeJSON(rows, to: &output)
        }
    }

    private func rows() -> [Row] {
        var rows: [DwellGroup: Row] = [:]
        for (group, counts) in activity.groups { rows[group] = Row(group: group, counts: counts) }
        tracker.visit { life in
            guard !life.isSmall, let group = tracker.group(of: life, owner: tracker.owner(of: life)) else { return }
            rows[group, default: Row(group: group, counts: Activity.Counts())].now += 1
            if life.state == .closeWait { rows[group]?.closeWait += 1 }
        }
        return rows.values.sorted { one, other in
            (one.closeWait, one.counts.opened + one.counts.closed, one.now)
                > (other.closeWait, other.counts.opened + other.counts.closed, other.now)
        }
    }

    private func writeTable(_ rows: [Row], at time: String, to output: inout Output) throws {
        let states = State.allCases.filter { tracker.count(in: $0) > 0 }
            .map { "\($0.name) \(tracker.count(in: $0))" }.joined(separator: "  ")
        output.buffer.append(string: plan.screen.paint(time, .bold) + "  " + states + "\n")
        guard !rows.isEmpty else { return }
        if plan.screen.isAligned {
            var aligned = AlignedTable(
                alignments: [.right, .right, .right, .right, .right, .right, .left, .left])
            if plan.hasHeader { aligned.append(plan.messages.summaryTitles, style: .bold) }
            for row in rows.prefix(Self.mostRows) { aligned.append(cells(row)) }
            try aligned.write(plan.screen, to: &output)
        } else {
            if plan.hasHeader { line(plan.messages.summaryTitles, to: &output) }
            for row in rows.prefix(Self.mostRows) { line(cells(row), to: &output) }
        }
        for leak in tracker.leaks(at: HostClock.monotonic).prefix(Self.mostRows) {
            let opened = leak.places.first.flatMap { most in most.stack.map { (most.count, place($0)) } }
            let sentence = plan.messages.leak(leak, through: through(leak.group), opened)
            output.buffer.append(string: plan.screen.paint(sentence, .red) + "\n")
        }
        output.buffer.append(UInt8(ascii: "\n"))
    }

    private func line(_ cells: [String], to output: inout Output) {
        output.buffer.append(string: cells.joined(separator: "\t") + "\n")
    }

    private func cells(_ row: Row) -> [String] {
        let lasted = tracker.dwells.histogram(of: row.group, in: .established)
        func text(_ part: Double) -> String { lasted?.quantile(part).map(WatchTable.duration) ?? "-" }
        return [
            String(row.counts.opened), String(row.counts.closed), String(row.now), String(row.closeWait), text(0.5),
            text(0.99), row.group.command?.escapedForTerminal ?? "-", through(row.group),
        ]
    }

    private func through(_ group: DwellGroup) -> String {
        switch group.way {
        case .listener(_, let port): plan.messages.listenerName(port)
        case .destination(let endpoint): WatchTable.text(endpoint)
        }
    }

    private func writeJSON(_ rows: [Row], to output: inout Output) {
        var writer = JSONWriter(reservingCapacity: 4096)
        writer.beginObject()
        writer.key("event")
        writer.value("summary" as StaticString)
        writer.key("time_us")
        writer.value((Int64(bitPattern: HostClock.monotonic) &+ HostClock.offset) / 1000)
        writer.key("states_now")
        writer.beginObject()
        for state in State.allCases where tracker.count(in: state) > 0 {
            writer.key(state.key)
            writer.value(tracker.count(in: state))
        }
        writer.endObject()
        writer.key("opened")
        writer.value(activity.total.opened)
        writer.key("closed")
        writer.value(activity.total.closed)
        writer.key("groups")
        writer.beginArray()
        for row in rows {
            writer.beginObject()
            writer.key("process")
            writer.value(row.group.command)
            switch row.group.way {
            case .listener(_, let port):
                writer.key("listener_port")
                writer.value(port)
            case .destination(let endpoint):
                writer.key("destination")
                writer.value(WatchTable.text(endpoint))
            }
            writer.key("opened")
            writer.value(row.counts.opened)
            writer.key("closed")
            writer.value(row.counts.closed)
            writer.key("now")
            writer.value(row.now)
            writer.key("close_wait")
            writer.value(row.closeWait)
            writer.key("dwell_us")
            writer.beginObject()
            for state in State.allCases {
                guard let histogram = tracker.dwells.histogram(of: row.group, in: state) else { continue }
                writer.key(state.key)
                writer.beginObject()
                writer.key("count")
                writer.value(histogram.count)
                for (name, part) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99)] {
                    writer.key(name)
                    writer.value(histogram.quantile(part))
                }
                writer.key("max")
                writer.value(histogram.most)
                writer.endObject()
            }
            writer.endObject()
            writer.endObject()
        }
        writer.endArray()
        writeLeaks(&writer)
        writer.endObject()
        writer.newline()
        output.buffer.append(writer.drain())
    }

    private func writeLeaks(_ writer: inout JSONWriter) {
        writer.key("leaks")
        writer.beginArray()
        for leak in tracker.leaks(at: HostClock.monotonic) {
            writer.beginObject()
            writer.key("process")
            writer.value(leak.group.command)
            writer.key("through")
            writer.value(through(leak.group))
            writer.key("close_wait")
            writer.value(leak.waiting)
            writer.key("overdue")
            writer.value(leak.overdue)
            writer.key("longest_us")
            writer.value(leak.longest)
            if case .closedOthers(let count, let longest) = leak.basis {
                writer.key("closed_others")
                writer.value(count)
                writer.key("slowest_closed_us")
                writer.value(longest)
            }
            writer.key("places")
            writer.beginArray()
            for one in leak.places {
                writer.beginObject()
                writer.key("count")
                writer.value(one.count)
                writer.key("opened_in")
                writer.value(one.stack.map(place))
                writer.endObject()
            }
            writer.endArray()
            writer.endObject()
        }
        writer.endArray()
    }
}
