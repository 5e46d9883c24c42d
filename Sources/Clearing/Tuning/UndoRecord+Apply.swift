package import Kernel
internal import Sockets

/// What became of one thing that was to be put back.
package struct UndoResult: Sendable {
    package enum End: Sendable, Hashable {
        case restored
        /// It is so already.
        case already
        /// Somebody has changed it since: left alone.
        case changed(String)
        /// Its namespace has ended, and the setting with it.
        case gone
        case failed(KernelError)

        /// In JSON and the audit record.
        package var key: String {
            switch self {
            case .restored: "restored"
            case .already: "already"
            case .changed: "changed_meanwhile"
            case .gone: "gone"
            case .failed: "failed"
            }
        }

        package var isFailure: Bool { if case .failed = self { true } else { false } }
    }

    /// A setting's name, or the file's path.
    package var subject: String
    package var before: String?
    package var wrote: String
    package var end: End
}

extension UndoRecord {
    /// Puts back what this record says was there, where the present value is still what was written.
    package func undo() -> [UndoResult] {
        let boot = try? KernelSetting.bootID()
        var results = values.reversed().map { value in
            UndoResult(
                subject: value.name, before: value.before, wrote: value.wrote,
                end: Self.undo(value, isSameBoot: boot == self.boot))
        }
        if let file {
            results.append(
                UndoResult(subject: file.path, before: file.before, wrote: file.wrote, end: Self.undo(file)))
        }
        return results
    }

    private static func undo(_ value: Value, isSameBoot: Bool) -> UndoResult.End {
        do throws(KernelError) {
            let namespace: NetworkNamespace?
            if let place = value.namespace {
                // The kernel gives no inode again in the order of boots: the host's first namespace is ours then.
                guard isSameBoot || place.isOwn else { return .gone }
                namespace =
                    isSameBoot ? NetworkNamespace(inode: place.inode, name: nil, isOwn: false, pid: nil) : nil
                if isSameBoot, try KernelSetting.cookie(of: namespace) != place.cookie { return .gone }
            } else {
                namespace = nil
            }
            let now = try KernelSetting.read(value.name, in: namespace)
            if now == value.before { return .already }
            guard now == value.wrote else { return .changed(now) }
            try KernelSetting.write(value.name, value.before, in: namespace)
            return .restored
        } catch {
            return error.isAbsent && value.namespace != nil ? .gone : .failed(error)
        }
    }

    private static func undo(_ file: File) -> UndoResult.End {
        do throws(KernelError) {
            let now = try WholeFile.contents(file.path).map { String(decoding: $0, as: UTF8.self) }
            if now == file.before { return .already }
            guard now == file.wrote else { return .changed("") }
            if let before = file.before {
                try WholeFile.replace(file.path, with: Array(before.utf8), mode: 0o644)
            } else {
                try WholeFile.remove(file.path)
            }
            return .restored
        } catch {
            return .failed(error)
        }
    }
}
