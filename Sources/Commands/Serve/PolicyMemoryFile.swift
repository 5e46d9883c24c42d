import Clearing
import Kernel
import Sockets

/// What the policies know over restarts, by name: a JSON file, replaced as a whole.
struct PolicyMemoryFile {
    static let usualPath = "/var/lib/linger/policies.json"

    let path: String

    /// Empty where there is no file yet.
    /// - Throws: where it is there and cannot be read: without it a policy could clear more than it may.
    func read() throws(Failure) -> [String: PolicyMemory] {
        let bytes: [UInt8]?
        do throws(KernelError) { bytes = try WholeFile.contents(path) } catch { throw fail(error.reason) }
        guard let bytes else { return [:] }
        guard let root = try? YAMLNode.compose(String(decoding: bytes, as: UTF8.self)),
            let nodes = root["policies"]?.sequence
        else { throw fail("it is damaged") }
        var memories: [String: PolicyMemory] = [:]
        for node in nodes {
            guard let name = node["name"]?.string, let fingerprint = node["fingerprint"]?.string,
                let served = number(node["dry_run_ms"]), let cleared = node["cleared"]?.int, cleared >= 0
            else { throw fail("it is damaged") }
            var memory = PolicyMemory(fingerprint: fingerprint)
            memory.served = served
            memory.cleared = cleared
            memory.comebacks = node["comebacks_ms"]?.sequence?.compactMap { number($0) } ?? []
            memory.hasActed = node["has_acted"]?.bool ?? false
            memory.pile = node["pile_cleared"]?.int.map { max(0, $0) }
            memory.off = node["switched_off"]?.string.flatMap(PolicyAction.OffReason.init(rawValue:))
            memories[name] = memory
        }
        return memories
    }

    func write(_ memories: [(name: String, memory: PolicyMemory)]) throws(KernelError) {
        var json = JSONWriter(reservingCapacity: 1024)
        json.beginObject()
        json.key("schema")
        json.value(1)
        json.key("policies")
        json.beginArray()
        for (name, memory) in memories {
            json.beginObject()
            json.key("name")
            json.value(name)
            json.key("fingerprint")
            json.value(memory.fingerprint)
            json.key("dry_run_ms")
            json.value(memory.served)
            json.key("cleared")
            json.value(memory.cleared)
            json.key("comebacks_ms")
            json.beginArray()
            for age in memory.comebacks { json.value(age) }
            json.endArray()
            json.key("has_acted")
            json.value(memory.hasActed)
            json.key("pile_cleared")
            json.value(memory.pile)
            json.key("switched_off")
            json.value(memory.off?.rawValue)
            json.endObject()
        }
        json.endArray()
        json.endObject()
        json.newline()
        try WholeFile.replace(path, with: json.bytes, mode: 0o600)
    }

    private func number(_ node: YAMLNode?) -> UInt64? { node?.string.flatMap { UInt64($0) } }

    private func fail(_ reason: String) -> Failure {
        Failure(
            .usage,
            "cannot read \(path): \(reason); it says what the policies have cleared, so none is run. Remove it to begin anew"
                .escapedForTerminal)
    }
}
