internal import Kernel
internal import Sockets
internal import TCP

/// The lines of the audit record: who did what, when, by which plan, with which result. One JSON object a line;
/// docs/clearing.md tells of them. Cookies are hexadecimal text, as in `linger list -o json`.
package struct AuditRecord: Sendable {
    /// Ties the lines of one run together.
    package var run: String
    private let arguments: [String]
    private let environment: [(String, String?)]
    private let source: String

    /// - Parameters:
    ///   - arguments: the command line.
    ///   - sudoUser: who became root (SUDO_USER).
    ///   - source: who acts: the command, or a policy by its name.
    package init(arguments: [String], sudoUser: String?, session: String?, source: String = "clear") {
        run = "\(Surroundings.milliseconds)-\(Surroundings.processID)"
        self.source = source
        self.arguments = arguments
        environment = [("sudo_user", sudoUser), ("ssh_connection", session)]
    }

    /// Before the first act: who, when, what.
    package func plan(_ plan: borrowing ClearPlan) -> [UInt8] {
        var json = begin("plan")
        json.key("uid")
        json.value(Surroundings.userID)
        for (name, value) in environment {
            json.key(name)
            json.value(value)
        }
        json.key("arguments")
        json.beginArray()
        for argument in arguments { json.value(argument) }
        json.endArray()
        json.key("targets")
        json.beginArray()
        for target in plan.targets { json.write(target) }
        json.endArray()
        json.key("connections")
        json.value(plan.items.count)
        json.key("left_alone")
        json.value(plan.left.count)
        return end(&json)
    }

    /// After each batch: what was done.
    package func acts(_ results: [ItemResult], _ targets: [Target]) -> [UInt8] {
        var bytes: [UInt8] = []
        for result in results {
            var json = begin("act")
            json.writeIdentity(of: result.item, targets)
            json.key("outcome")
            json.value(result.outcome.key)
            json.key("detail")
            json.value(result.outcome.detail)
            bytes += end(&json)
        }
        return bytes
    }

    /// At the end: what was found when each was looked for again.
    package func report(_ report: ClearReport) -> [UInt8] {
        var bytes: [UInt8] = []
        for result in report.results where !result.isCleared {
            var json = begin("left")
            json.key("cookie")
            json.value(String(result.item.connection.cookie, radix: 16))
            json.writeEnd(of: result, report.targets)
            bytes += end(&json)
        }
        var json = begin("end")
        json.key("cleared")
        json.value(report.results.count(where: \.isCleared))
        json.key("planned")
        json.value(report.results.count)
        json.key("complete")
        json.value(report.isComplete)
        return bytes + end(&json)
    }

    /// A line of another kind: `tune`, `undo`.
    package func note(_ kind: String, _ pairs: [(String, String)]) -> [UInt8] {
        var json = begin(kind)
        json.key("uid")
        json.value(Surroundings.userID)
        for (name, value) in pairs {
            json.key(name)
            json.value(value)
        }
        return end(&json)
    }

    private func begin(_ record: String) -> JSONWriter {
        var json = JSONWriter(reservingCapacity: 256)
        json.beginObject()
        json.key("time_ms")
        json.value(Surroundings.milliseconds)
        json.key("run")
        json.value(run)
        json.key("source")
        json.value(source)
        json.key("record")
        json.value(record)
        return json
    }

    private func end(_ json: inout JSONWriter) -> [UInt8] {
        json.endObject()
        json.newline()
        return json.bytes
    }
}

extension JSONWriter {
    mutating func write(_ target: Target) {
        beginObject()
        key("pid")
        value(target.pid)
        key("start_ticks")
        value(target.startTicks)
        key("command")
        value(target.command)
        key("unit")
        value(target.unit)
        key("container")
        value(target.container?.id)
        endObject()
    }

    mutating func writeIdentity(of item: ClearItem, _ targets: [Target]) {
        writeSocket(item.connection)
        key("level")
        value(item.level.rawValue)
        key("holders")
        write(item.descriptors, targets)
    }

    mutating func writeSocket(_ connection: Connection) {
        key("cookie")
        value(String(connection.cookie, radix: 16))
        key("state")
        value(connection.state.key)
        key("local")
        value(connection.local.description)
        key("remote")
        value(connection.remote.description)
    }

    mutating func writeEnd(of result: ItemResult, _ targets: [Target]) {
        key("end")
        value(result.end.key)
        key("end_state")
        if case .there(let state) = result.end { value(state.key) } else { null() }
        key("still_held")
        write(result.stillHeld, targets)
    }

    mutating func write(_ descriptors: [TargetDescriptor], _ targets: [Target]) {
        beginArray()
        for holder in descriptors {
            beginObject()
            key("pid")
            value(targets[holder.target].pid)
            key("fd")
            value(holder.descriptor)
            endObject()
        }
        endArray()
    }
}
