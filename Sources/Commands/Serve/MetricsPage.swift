import Diagnosis
import History
import Kernel
import Sockets
import TCP
import Watching
import Web

/// The page of metrics; docs/serve.md lists them. Labels are bounded: see `ProgramLabels` and `DoctorFigures.most`.
struct MetricsPage {
    var watch: WatchFigures
    var doctor: DoctorFigures
    /// `nil`: no history is kept.
    var history: HistoryStatus?
    var reloads: Reloads.Figures
    var own: OwnUse
    /// Seconds since 1970 at which the watch began.
    var began: Double

    func bytes() -> [UInt8] {
        var page = Exposition()
        writeWatch(&page)
        writeDwells(&page)
        writeDoctor(&page)
        writeHistory(&page)
        writeOwn(&page)
        return page.bytes
    }

    private func writeWatch(_ page: inout Exposition) {
        page.begin(
            "linger_connections", .gauge, "TCP sockets now, by state and by the program that opened or holds them.")
        for (program, counts) in watch.connections.sorted(by: { $0.key < $1.key }) {
            for state in State.allCases where counts[Int(state.rawValue)] > 0 {
                page.sample(counts[Int(state.rawValue)], [("state", state.key.description), ("process", program)])
            }
        }
        page.begin("linger_connections_opened_total", .counter, "Connections whose beginning was seen.")
        page.sample(watch.opened)
        page.begin("linger_connections_closed_total", .counter, "Connections that are over, by how they ended.")
        for ending in LifeEnding.allCases where ending != .stoppedListening {
            page.sample(watch.ended[ending] ?? 0, [("ending", ending.key.description)])
        }
        page.begin("linger_transitions_total", .counter, "Changes of state that the kernel told of.")
        page.sample(watch.stream.transitions)
        page.begin("linger_openings_total", .counter, "Calls of connect, accept and listen that the kernel told of.")
        page.sample(watch.stream.openings)
        page.begin("linger_watch_by_looks", .gauge, "1 where eBPF was refused: repeated looks miss what is short.")
        page.sample(watch.isByLooks ? 1 : 0)
        page.begin(
            "linger_lost_events_total", .counter,
            "Events that were not told of: no room, a program not run, or unreadable.")
        for (kind, count) in [
            ("transitions", watch.stream.lostTransitions), ("openings", watch.stream.lostOpenings),
            ("missed_runs", watch.stream.missedRuns), ("undecoded", watch.stream.undecoded),
            ("notices", watch.stream.lostNotices),
        ] {
            page.sample(count, [("kind", kind)])
        }
        page.begin(
            "linger_corrections_total", .counter, "Connections that a look found otherwise than the stream had told.")
        page.sample(watch.corrections)
        page.begin("linger_left_out_total", .counter, "What found no place in a table of the tracker, by the table.")
        for (table, count) in watch.leftOut { page.sample(count, [("table", table)]) }
        page.begin("linger_tracked_connections", .gauge, "Sockets that the tracker knows, listeners too.")
        page.sample(watch.known)
        page.begin("linger_tracker_bytes", .gauge, "Memory of the tracker that grows with the connections.")
        page.sample(watch.bytes)
    }

    private func writeDwells(_ page: inout Exposition) {
        page.begin(
            "linger_state_dwell_seconds", .histogram, "How long finished connections were in each state, to within 3 %."
        )
        let order = watch.dwells.sorted {
            ($0.key.program, $0.key.state.rawValue) < ($1.key.program, $1.key.state.rawValue)
        }
        for (key, dwell) in order {
            let buckets = zip(WatchFigures.Dwell.bounds, dwell.counts).map { (bound: Double($0) / 1e6, count: $1) }
            page.histogram(
                buckets, count: dwell.count, sum: Double(dwell.sum) / 1e6,
                [("state", key.state.key.description), ("process", key.program)])
        }
    }

    private func writeDoctor(_ page: inout Exposition) {
        page.begin("linger_findings", .gauge, "Findings of the last examination, by kind and severity.")
        for kind in Finding.Kind.allCases {
            for severity in [Finding.Severity.info, .warning, .critical] {
                page.sample(
                    doctor.findings[kind]?[severity] ?? 0, [("kind", kind.rawValue), ("severity", severity.key)])
            }
        }
        page.begin("linger_examinations_total", .counter, "Times that the doctor has looked.")
        page.sample(doctor.examinations)
        page.begin("linger_last_examination_timestamp_seconds", .gauge, "When the doctor looked last.")
        page.sample(Double(doctor.time) / 1000)
        page.begin("linger_examination_seconds", .gauge, "How long the last examination took, without the look.")
        page.sample(doctor.seconds)
        page.begin("linger_look_is_partial", .gauge, "1 where the last look could not see a part of the host.")
        page.sample(doctor.isPartial ? 1 : 0)
        page.begin(
            "linger_accept_queue_length", .gauge, "Connections that wait to be accepted, of the fullest listeners.")
        for queue in doctor.queues { page.sample(queue.length, labels(queue)) }
        page.begin(
            "linger_accept_queue_limit", .gauge, "Connections that may wait to be accepted, of the same listeners.")
        for queue in doctor.queues { page.sample(queue.limit, labels(queue)) }
        page.begin(
            "linger_ephemeral_ports_used", .gauge,
            "Ephemeral ports in use from one address towards the busiest destination of a namespace.")
        for ports in doctor.ports { page.sample(ports.used, [("netns", ports.namespace)]) }
        page.begin(
            "linger_ephemeral_ports_limit", .gauge,
            "Ephemeral ports that there are from one address towards one destination.")
        for ports in doctor.ports { page.sample(ports.total, [("netns", ports.namespace)]) }
    }

    private func labels(_ queue: DoctorFigures.AcceptQueue) -> Exposition.Labels {
        [("listener", queue.listener), ("netns", queue.namespace), ("process", queue.program)]
    }

    private func writeHistory(_ page: inout Exposition) {
        guard let history else { return }
        page.begin("linger_history_state", .gauge, "1 for how the writing of the history goes.")
        for key in HistoryStatus.State.keys { page.sample(history.state.key == key ? 1 : 0, [("state", key)]) }
        page.begin("linger_history_rows_written_total", .counter, "Rows that were committed to the history.")
        page.sample(history.written)
        page.begin("linger_history_rows_dropped_total", .counter, "Rows that could not be kept.")
        page.sample(history.dropped)
        page.begin("linger_history_bytes", .gauge, "Size of the history on the disk.")
        page.sample(history.bytes)
    }

    private func writeOwn(_ page: inout Exposition) {
        page.begin("linger_build_info", .gauge, "The version that runs.")
        page.sample(1, [("version", lingerVersion)])
        page.begin("linger_watch_start_timestamp_seconds", .gauge, "Since when the connections are watched.")
        page.sample(began)
        page.begin(
            "linger_config_reload_successful", .gauge, "0 where the last reload was refused, and the old one goes on.")
        page.sample(reloads.isGood ? 1 : 0)
        page.begin("linger_config_reload_timestamp_seconds", .gauge, "When a configuration was taken over last.")
        page.sample(Double(reloads.time) / 1e9)
        page.begin("process_cpu_seconds_total", .counter, "CPU that the daemon took, in user and system mode.")
        page.sample(own.processorSeconds)
        for (name, help, value) in [
            (
                "process_resident_memory_bytes" as StaticString, "Memory of the daemon that is in RAM.",
                own.residentBytes
            ),
            ("process_virtual_memory_bytes", "Address space of the daemon.", own.virtualBytes),
            ("process_open_fds", "Open descriptors of the daemon.", own.openDescriptors.map(UInt64.init)),
            ("process_max_fds", "Descriptors that it may have open.", own.mostDescriptors),
        ] {
            guard let value else { continue }
            page.begin(name, .gauge, help)
            page.sample(value)
        }
        if let started = own.started {
            page.begin("process_start_time_seconds", .gauge, "When the daemon was started.")
            page.sample(started)
        }
    }
}
