package import Kernel
internal import Sockets

/// Why nothing was changed.
package enum TuneFailure: Error, Sendable {
    /// The old values could not be written down, so nothing was begun.
    case notKept(path: String, KernelError)
    /// A setting has another value than the plan saw.
    case changedMeanwhile(name: String, now: String)
    /// The kernel or the file system refused.
    case refused(KernelError)
}

extension TunePlan {
    /// Writes every setting and the file, or nothing: what was written before a failure is put back.
    ///
    /// - Parameters:
    ///   - file: of sysctl.d(5), for what it can reach.
    ///   - folder: where the old values are kept, before the first is changed.
    /// - Returns: the path of the record of old values.
    package func apply(file path: String, keptIn folder: String) throws(TuneFailure) -> String {
        let record: UndoRecord
        do throws(KernelError) { record = try self.record(file: path) } catch { throw .refused(error) }
        let kept = folder + "/" + record.name
        do throws(KernelError) {
            try WholeFile.replace(kept, with: record.bytes, mode: 0o600)
        } catch {
            throw .notKept(path: kept, error)
        }
        var written = record
        written.values = []
        written.file = nil
        do throws(TuneFailure) {
            for (change, value) in zip(changes, record.values) {
                try Self.write(change)
                written.values.append(value)
            }
            if let file = record.file {
                do throws(KernelError) {
                    try WholeFile.replace(file.path, with: Array(file.wrote.utf8), mode: 0o644)
                } catch {
                    throw .refused(error)
                }
            }
        } catch {
            // What cannot be put back now stays in the record, for --undo.
            if !written.undo().contains(where: \.end.isFailure) { try? WholeFile.remove(kept) }
            throw error
        }
        return kept
    }

    private static func write(_ change: SettingChange) throws(TuneFailure) {
        let name = change.tunable.name
        let now: String
        do throws(KernelError) { now = try KernelSetting.read(name, in: change.namespace) } catch {
            throw .refused(error)
        }
        guard now == change.before else { throw .changedMeanwhile(name: name, now: now) }
        do throws(KernelError) { try KernelSetting.write(name, change.after, in: change.namespace) } catch {
            throw .refused(error)
        }
    }

    private func record(file path: String) throws(KernelError) -> UndoRecord {
        var file: UndoRecord.File?
        if changes.contains(where: \.lasts) {
            let before = try WholeFile.contents(path).map { String(decoding: $0, as: UTF8.self) }
            file = UndoRecord.File(path: path, before: before, wrote: SysctlFile.text(before, with: changes))
        }
        var values: [UndoRecord.Value] = []
        for change in changes {
            var place: UndoRecord.Place?
            if let namespace = change.namespace {
                place = UndoRecord.Place(
                    inode: namespace.inode, cookie: try KernelSetting.cookie(of: namespace), isOwn: namespace.isOwn)
            }
            values.append(
                UndoRecord.Value(
                    name: change.tunable.name, namespace: place, before: change.before, wrote: change.after))
        }
        return UndoRecord(
            time: Surroundings.milliseconds, boot: try KernelSetting.bootID(), values: values, file: file)
    }
}
