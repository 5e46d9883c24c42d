import Clearing
import Kernel
import Sockets

/// One run of `linger clear --undo`: puts back what the last record of old values says.
struct UndoRun {
    private let folder: String
    private let audit: AuditOptions
    private let isJSON: Bool
    private let screen: Screen
    private let common: Messages
    private let messages: TuneMessages

    init(folder: String, audit: AuditOptions, isJSON: Bool, screen: Screen, _ common: Messages) {
        self.folder = folder
        self.audit = audit
        self.isJSON = isJSON
        self.screen = screen
        self.common = common
        messages = TuneMessages(language: common.language)
    }

    func run() throws {
        let path: String?
        do throws(KernelError) { path = try UndoRecord.paths(in: folder).last } catch { throw Failure(error) }
        guard let path else {
            Notes.note(messages.nothingToUndo)
            throw ExitStatus.nothingToClear
        }
        let record = try UndoFile(path: path, messages: messages).read()
        let clear = ClearMessages(language: common.language)
        let audit = try ClearAudit(audit, clear)
        try audit.begin("undo", [("kept", path)])
        let results = record.undo()
        do throws(KernelError) {
            try audit.append { $0.note("undo_end", results.map { ($0.subject, $0.end.key) }) }
        } catch {
            Notes.note(clear.auditStopped(error.reason))
        }
        let failures = results.compactMap { if case .failed(let error) = $0.end { error } else { nil } }
        // Somebody else's change is theirs: nothing is left to do about it.
        if failures.isEmpty {
            do throws(KernelError) { try WholeFile.remove(path) } catch { throw Failure(error) }
        }
        var status = ExitStatus.success
        if !failures.isEmpty {
            let isRefused = failures.allSatisfy(\.isPermission) && !results.contains { $0.end == .restored }
            status = isRefused ? .notPermitted : .incomplete
        } else if results.contains(where: { if case .changed = $0.end { true } else { false } }) {
            status = .incomplete
        }
        try show(results, path, status)
        if !failures.isEmpty { Notes.note(messages.recordStays(path)) }
        if status != .success { throw status }
    }

    private func show(_ results: [UndoResult], _ path: String, _ status: ExitStatus) throws {
        var output = Output(messages: common)
        if isJSON {
            output.buffer.append(string: String(decoding: json(results, path, status), as: UTF8.self))
        } else {
            var page = Page(screen: screen)
            page.title(messages.undoTitle)
            for result in results { page.item("-", messages.undone(result), indent: 2) }
            output.buffer.append(string: page.text)
        }
        try output.flush()
    }

    private func json(_ results: [UndoResult], _ path: String, _ status: ExitStatus) -> [UInt8] {
        var json = JSONWriter(reservingCapacity: 1024)
        json.beginObject()
        json.key("schema")
        json.value(1)
        json.key("undo_record")
        json.value(path)
        json.key("results")
        json.beginArray()
        for result in results {
            json.beginObject()
            json.key("subject")
            json.value(result.subject)
            json.key("before")
            json.value(result.before)
            json.key("wrote")
            json.value(result.wrote)
            json.key("end")
            json.value(result.end.key)
            json.endObject()
        }
        json.endArray()
        json.key("exit_code")
        json.value(status.rawValue)
        json.endObject()
        json.newline()
        return json.bytes
    }
}
