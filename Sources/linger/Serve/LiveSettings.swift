import Synchronization

/// The configuration as it is now: a reload changes it.
final class LiveSettings: Sendable {
    private let configuration: Mutex<Configuration>

    init(_ configuration: Configuration) { self.configuration = Mutex(configuration) }

    var now: Configuration { configuration.withLock(\.self) }
    func set(_ new: Configuration) { configuration.withLock { $0 = new } }
}
