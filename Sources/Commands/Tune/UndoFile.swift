import Clearing
import Kernel

/// Reads a record of old values (`UndoRecord`): JSON, which is YAML too.
struct UndoFile {
    let path: String
    let messages: TuneMessages

    func read() throws(Failure) -> UndoRecord {
        let bytes: [UInt8]?
        do throws(KernelError) { bytes = try WholeFile.contents(path) } catch { throw bad(error.reason) }
        guard let bytes else { throw bad("it is gone") }
        let root: YAMLNode?
        do { root = try YAMLNode.compose(String(decoding: bytes, as: UTF8.self)) } catch {
            throw bad("it is damaged")
        }
        guard let root, let time = root["time_ms"]?.int, let boot = root["boot_id"]?.string,
            let values = root["values"]?.sequence
        else { throw bad("it is damaged") }
        var record = UndoRecord(time: UInt64(max(time, 0)), boot: boot, values: [], file: nil)
        for node in values {
            guard let name = node["name"]?.string, let before = node["before"]?.string,
                let wrote = node["wrote"]?.string, Tunable.named(name) != nil
            else { throw bad("it is damaged") }
            record.values.append(.init(name: name, namespace: place(node), before: before, wrote: wrote))
        }
        if let node = root["file"] {
            guard let path = node["path"]?.string, let wrote = node["wrote"]?.string, let before = node["before"] else {
                throw bad("it is damaged")
            }
            record.file = .init(path: path, before: before.isNull ? nil : before.string, wrote: wrote)
        }
        return record
    }

    private func place(_ node: YAMLNode) -> UndoRecord.Place? {
        guard let number = node["netns"]?.int, let inode = UInt32(exactly: number) else { return nil }
        let cookie = node["netns_cookie"].flatMap { $0.string }.flatMap { UInt64($0) }
        return .init(inode: inode, cookie: cookie, isOwn: node["netns_is_own"]?.bool ?? false)
    }

    private func bad(_ reason: String) -> Failure { Failure(.usage, messages.badRecord(path, reason)) }
}
