internal import Glibc
package import Sockets
internal import Synchronization

/// Looks at this host, or at a recording of one.
package final class Observer: Sendable {
    private let replayed: String?
    private let recorded: String?
    /// Looks taken so far: each has a folder of its own in a recording, `look-1`, `look-2` …
    private let looks = Mutex(0)
    private let unexplained = Unexplained()

    /// - Parameters:
    ///   - replay: folder of a recording; `nil` looks at this host.
    ///   - record: folder to write the raw inputs into; made if it is missing, and must be empty.
    package init(replay: String? = nil, record: String? = nil) throws(KernelError) {
        replayed = replay
        recorded = record
        if let replay {
            do throws(KernelError) {
                _ = try readRecorded("\(replay)/look-1/host")
            } catch {
                throw KernelError(
                    call: "replay", subject: replay, code: error.code,
                    hint: "no recording there; make one with `linger list --record DIR` and name that DIR")
            }
        }
        if let record {
            guard mkdir(record, 0o700) == 0 || errno == EEXIST else {
                throw KernelError(
                    call: "mkdir", subject: record, code: errno, hint: "the recording needs a folder that can be made")
            }
            guard try listFolder(record).isEmpty else {
                throw KernelError(
                    call: "record", subject: record, code: ENOTEMPTY, hint: "name a new or an empty folder")
            }
        }
    }

    /// How many looks the recording has; `nil` when this host is looked at.
    package var recordedLooks: Int? {
        guard let replayed, let names = try? listFolder(replayed) else { return nil }
        return names.count { $0.hasPrefix("look-") }
    }

    /// One look. What cannot be seen is a `Gap` in the snapshot; an error is thrown only when nothing can be seen at all,
    /// when a namespace was named that is not there, or when a recording cannot be written or read.
    package func look(_ look: Look) throws(KernelError) -> Snapshot {
        let number = looks.withLock { count in
            count += 1
            return count
        }
        let mode: Inputs.Mode =
            if let replayed { .replay("\(replayed)/look-\(number)") } else if let recorded {
                .record("\(recorded)/look-\(number)")
            } else { .live }
        let inputs = Inputs(mode: mode)
        var snapshot = try LookRun(inputs: inputs, look: look, unexplained: unexplained).run()
        if let damage = inputs.damage {
            snapshot.gaps.append(Gap(kind: .recording, subject: damage.subject, reason: damage.hint))
        }
        try inputs.finishRecording()
        return snapshot
    }

    /// What a running daemon remembers, in bytes for `Recollection(decoding:)`; of a recording, what it said then.
    /// - Throws: also where none runs (`isNobody`).
    package func recollection(at path: String) throws(KernelError) -> [UInt8] {
        let folder = (replayed ?? recorded).map { "\($0)/daemon" }
        let mode: Inputs.Mode =
            if let folder { replayed == nil ? .record(folder) : .replay(folder) } else { .live }
        let inputs = Inputs(mode: mode)
        let bytes: [UInt8]
        do throws(KernelError) {
            bytes = try inputs.bytes("recollection") { () throws(KernelError) in try RecollectionClient.ask(path) }
        } catch {
            try inputs.finishRecording()
            throw error
        }
        try inputs.finishRecording()
        return bytes
    }
}
