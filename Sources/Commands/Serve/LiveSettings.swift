import Synchronization

/// The configuration as it is now: a reload changes it.
final class LiveSettings: Sendable {
    private let configuration: Mutex<ServeConfiguration>

    init(_ configuration: ServeConfiguration) { self.configuration = Mutex(configuration) }

    var now: ServeConfiguration { configuration.withLock(\.self) }
    func set(_ new: ServeConfiguration) { configuration.withLock { $0 = new } }
}
