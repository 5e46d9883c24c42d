import Kernel
import Sockets

extension ObservationOptions {
    func observer(_ messages: Messages) throws(Failure) -> Observer {
        if record != nil, replay != nil { throw Failure(.usage, messages.recordAndReplay) }
        do {
            return try Observer(replay: replay, record: record)
        } catch {
            throw Failure(error)
        }
    }

    /// One look.
    func look(by observer: Observer, _ look: Look) throws(Failure) -> Snapshot {
        do {
            return try observer.look(look)
        } catch {
            throw Failure(error)
        }
    }
}

extension Failure {
    init(_ error: KernelError) {
        self.init(error.isPermission ? .notPermitted : .usage, error.description.escapedForTerminal)
    }
}
