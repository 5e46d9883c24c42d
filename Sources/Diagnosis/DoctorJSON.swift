package import Sockets

/// The machine's form of a diagnosis; docs/doctor.schema.json describes it. Names, kinds and keys are never translated,
/// texts are in the phrasebook's language.
package struct DoctorJSON {
    /// Grows when a reader of the old form would misread the new one.
    package static let schema = 1
    /// How many cookies a finding lists.
    static let cookieLimit = 20

    private let snapshot: Snapshot
    private let phrasebook: Phrasebook

    package init(_ snapshot: Snapshot, phrasebook: Phrasebook) {
        self.snapshot = snapshot
        self.phrasebook = phrasebook
    }

    /// One object and a line end.
    ///
    /// - Parameters:
    ///   - sampleSeconds: between both looks; `nil` with one look.
    ///   - history: the daemon's record, or why there is none.
    package func bytes(
        of findings: [Finding], version: String, sampleSeconds: Double?, history: HistoryUse = .none, exitCode: Int32
    ) -> [UInt8] {
        var json = JSONWriter(reservingCapacity: 4096)
        json.beginObject()
        json.key("schema")
        json.value(Self.schema)
        json.key("linger")
        json.value(version)
        json.key("host")
        json.value(snapshot.host)
        json.key("kernel")
        json.value(snapshot.kernel)
        json.key("time_ms")
        json.value(snapshot.time)
        json.key("sample_seconds")
        json.value(sampleSeconds)
        json.key("sources")
        json.beginObject()
        json.key("sockets")
        json.value(snapshot.socketSource.rawValue)
        json.key("holders")
        json.value(snapshot.holderSource.rawValue)
        json.key("history")
        write(history, to: &json)
        json.endObject()
        json.key("findings")
        json.beginArray()
        for finding in findings { write(finding, to: &json) }
        json.endArray()
        json.key("gaps")
        json.beginArray()
        for gap in snapshot.gaps { write(gap, to: &json) }
        json.endArray()
        json.key("exit_code")
        json.value(exitCode)
        json.endObject()
        json.newline()
        return json.bytes
    }

    /// One finding alone, without a line end.
    package func bytes(of finding: Finding) -> [UInt8] {
        var json = JSONWriter(reservingCapacity: 2048)
        write(finding, to: &json)
        return json.bytes
    }

    private func write(_ history: HistoryUse, to json: inout JSONWriter) {
        json.beginObject()
        json.key("used")
        json.value(history.recollection != nil)
        json.key("watched_seconds")
        json.value(history.recollection.map { Double($0.time - min($0.since, $0.time)) / 1e9 })
        json.key("lost_events")
        json.value(history.recollection?.lost)
        json.key("reason")
        if case .failed(let reason) = history { json.value(reason) } else { json.null() }
        json.endObject()
    }

    private func write(_ finding: Finding, to json: inout JSONWriter) {
        let rendered = phrasebook.render(finding, in: snapshot)
        json.beginObject()
        json.key("kind")
        json.value(finding.kind.rawValue)
        json.key("severity")
        json.value(finding.severity.key)
        json.key("subject")
        write(finding.subject, to: &json)
        json.key("headline")
        json.value(rendered.headline)
        json.key("cause_key")
        json.value(finding.cause)
        json.key("cause")
        json.value(rendered.cause)
        json.key("evidence")
        json.beginArray()
        for fact in finding.facts { write(fact, to: &json) }
        json.endArray()
        json.key("forecast")
        write(finding.forecast, to: &json)
        json.key("remedies")
        json.beginArray()
        for remedy in finding.remedies {
            let texts = (remedy.when == .now ? rendered.now : rendered.forGood).first { $0.key == remedy.key }
            json.beginObject()
            json.key("when")
            json.value(remedy.when.rawValue)
            json.key("key")
            json.value(remedy.key)
            json.key("text")
            json.value(texts?.text)
            json.key("risk")
            json.value(texts?.risk)
            json.key("command")
            json.value(remedy.command)
            json.endObject()
        }
        json.endArray()
        json.key("connections")
        json.beginObject()
        json.key("count")
        json.value(finding.connections.count)
        json.key("filter")
        json.value(finding.filter)
        json.key("filter_is_exact")
        json.value(finding.filterIsExact)
        json.key("cookies")
        json.beginArray()
        for index in finding.connections.prefix(Self.cookieLimit) where snapshot.connections.indices.contains(index) {
            json.value(String(snapshot.connections[index].cookie, radix: 16))
        }
        json.endArray()
        json.endObject()
        json.endObject()
    }

    private func write(_ subject: Subject, to json: inout JSONWriter) {
        json.beginObject()
        json.key("processes")
        json.beginArray()
        for index in subject.processes where snapshot.processes.indices.contains(index) {
            write(snapshot.processes[index], to: &json)
        }
        json.endArray()
        json.key("listener")
        if let listener = subject.listener, snapshot.connections.indices.contains(listener) {
            json.value(snapshot.connections[listener].local.description)
        } else {
            json.null()
        }
        json.key("source")
        json.value(subject.source?.description)
        json.key("destination")
        json.value(subject.destination?.description)
        json.key("netns")
        if let namespace = subject.namespace, snapshot.namespaces.indices.contains(namespace) {
            json.beginObject()
            json.key("inode")
            json.value(snapshot.namespaces[namespace].inode)
            json.key("name")
            json.value(snapshot.namespaces[namespace].name)
            json.endObject()
        } else {
            json.null()
        }
        json.endObject()
    }

    private func write(_ process: ProcessRecord, to json: inout JSONWriter) {
        json.beginObject()
        json.key("pid")
        json.value(process.pid)
        json.key("start_ticks")
        json.value(process.startTicks)
        json.key("command")
        json.value(process.command)
        json.key("command_line")
        json.value(process.commandLine)
        json.key("user")
        json.value(process.user ?? process.uid.map { String($0) })
        json.key("unit")
        json.value(process.unit)
        json.key("container")
        if let container = process.container {
            json.beginObject()
            json.key("runtime")
            json.value(container.runtime.rawValue)
            json.key("id")
            json.value(container.id)
            json.key("pod")
            json.value(container.pod)
            json.endObject()
        } else {
            json.null()
        }
        json.endObject()
    }

    private func write(_ fact: Fact, to json: inout JSONWriter) {
        json.beginObject()
        json.key("key")
        json.value(fact.key)
        json.key("value")
        let unit: StaticString?
        switch fact.value {
        case .count(let count):
            json.value(count)
            unit = "count"
        case .bytes(let bytes):
            json.value(bytes)
            unit = "bytes"
        case .milliseconds(let time):
            json.value(time)
            unit = "milliseconds"
        case .perSecond(let rate):
            json.value(rate)
            unit = "per_second"
        case .share(let share):
            json.value(share)
            unit = "share"
        case .text(let text):
            json.value(text)
            unit = nil
        case .flag(let flag):
            json.value(flag)
            unit = nil
        }
        json.key("unit")
        if let unit { json.value(unit) } else { json.null() }
        json.key("source")
        json.value(fact.source)
        json.endObject()
    }

    private func write(_ forecast: Forecast?, to json: inout JSONWriter) {
        guard let forecast else { return json.null() }
        json.beginObject()
        json.key("resource")
        json.value(forecast.resource.rawValue)
        json.key("used")
        json.value(forecast.used)
        json.key("limit")
        json.value(forecast.limit)
        json.key("per_second")
        json.value(forecast.perSecond)
        json.key("seconds_left")
        json.value(forecast.secondsLeft)
        json.key("seconds_left_low")
        json.value(forecast.interval?.earliest)
        json.key("seconds_left_high")
        json.value(forecast.interval?.latest)
        json.key("per_second_low")
        json.value(forecast.growth?.low)
        json.key("per_second_high")
        json.value(forecast.growth?.high)
        json.key("confidence")
        json.value(forecast.growth == nil ? nil : Growth.confidence)
        json.key("method")
        json.value(forecast.growth?.method.rawValue)
        json.key("over_seconds")
        json.value(forecast.growth?.seconds)
        json.endObject()
    }

    private func write(_ gap: Gap, to json: inout JSONWriter) {
        json.beginObject()
        json.key("kind")
        json.value(gap.kind.rawValue)
        json.key("subject")
        json.value(gap.subject)
        json.key("reason")
        json.value(gap.reason)
        json.key("count")
        json.value(gap.count)
        json.key("is_partial")
        json.value(gap.isPartial)
        json.key("text")
        json.value(phrasebook.describe(gap))
        json.key("hint")
        json.value(phrasebook.hint(gap))
        json.endObject()
    }
}
