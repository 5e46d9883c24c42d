import Diagnosis
import Kernel
import Sockets

extension HistoryUse {
    /// Asks the daemon, after the look: what it knows is not older than what was seen. One that is no help is named on
    /// standard error.
    static func asking(
        _ observer: Observer, at path: String, for now: Snapshot, _ messages: Messages
    ) -> HistoryUse {
        let answer = HistoryUse(observer, at: path, for: now, messages)
        if case .failed(let reason) = answer { Notes.note(messages.noRecord(reason.escapedForTerminal)) }
        return answer
    }

    private init(_ observer: Observer, at path: String, for now: Snapshot, _ messages: Messages) {
        do {
            let recollection = try Recollection(decoding: observer.recollection(at: path))
            self =
                Diagnosis.canUse(recollection, with: now)
                ? .used(recollection) : .failed(messages.anotherClock(path))
        } catch let error as RecollectionError {
            self = .failed("\(path): \(error)")
        } catch let error as KernelError {
            self = error.isNobody ? .none : .failed(error.description)
        } catch {
            self = .failed("\(error)")
        }
    }
}
