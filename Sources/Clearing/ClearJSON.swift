internal import Sockets

/// `linger clear --json`: the plan, and what became of it where it was applied.
package struct ClearJSON: Sendable {
    private var json = JSONWriter(reservingCapacity: 4096)

    /// - Parameter applied: whether results will follow.
    package init(_ plan: borrowing ClearPlan, applied: Bool) {
        json.beginObject()
        json.key("schema")
        json.value(1)
        json.key("applied")
        json.value(applied)
        json.key("processes")
        json.beginArray()
        for target in plan.targets { json.write(target) }
        json.endArray()
        json.key("planned")
        json.beginArray()
        for item in plan.items {
            json.beginObject()
            json.writeIdentity(of: item, plan.targets)
            json.key("netns")
            json.value(plan.namespaces[Int(item.connection.namespace)].inode)
            json.key("peer_sees")
            json.value(item.sign.rawValue)
            json.key("descriptor_stays")
            json.value(item.level.keepsDescriptor && !item.descriptors.isEmpty)
            json.endObject()
        }
        json.endArray()
        json.key("left_alone")
        json.beginArray()
        for one in plan.left {
            json.beginObject()
            json.writeSocket(one.connection)
            json.key("reason")
            json.value(one.reason.key)
            json.endObject()
        }
        json.endArray()
    }

    package mutating func add(_ report: ClearReport) {
        json.key("results")
        json.beginArray()
        for result in report.results {
            json.beginObject()
            json.key("cookie")
            json.value(String(result.item.connection.cookie, radix: 16))
            json.key("outcome")
            json.value(result.outcome.key)
            json.key("detail")
            json.value(result.outcome.detail)
            json.writeEnd(of: result, report.targets)
            json.key("cleared")
            json.value(result.isCleared)
            json.endObject()
        }
        json.endArray()
        json.key("cleared")
        json.value(report.results.count(where: \.isCleared))
        json.key("complete")
        json.value(report.isComplete)
    }

    package consuming func bytes(exitCode: Int32) -> [UInt8] {
        json.key("exit_code")
        json.value(exitCode)
        json.endObject()
        json.newline()
        return json.bytes
    }
}
