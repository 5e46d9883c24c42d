import Kernel
import Sockets

extension ObservationOptions {
    /// One look at the host or the recording. Notes what could not be seen.
    func snapshot(_ look: Look, _ messages: Messages) throws -> Snapshot {
        try observer(messages).look(look)
    }
}
