import Kernel
import Sockets

extension ObservationOptions {
    /// One look at the host or the recording.
    func look(by observer: Observer, _ look: Look) throws -> Snapshot { try observer.look(look) }

    func snapshot(_ look: Look, _ messages: Messages) throws -> Snapshot {
        try self.look(by: observer(messages), look)
    }
}
