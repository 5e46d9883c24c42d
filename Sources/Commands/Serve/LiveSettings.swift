import Synchronization

/// The configuration as it is now: a reload changes it.
final class LiveSettings: Sendable {
    private struct Settings {
        var configuration: ServeConfiguration
        var reloads = 0
    }

    private let settings: Mutex<Settings>

    init(_ configuration: ServeConfiguration) { settings = Mutex(Settings(configuration: configuration)) }

    var now: ServeConfiguration { settings.withLock(\.configuration) }
    /// How often it was taken over anew.
    var reloads: Int { settings.withLock(\.reloads) }

    func set(_ new: ServeConfiguration) {
        settings.withLock { settings in
            settings.configuration = new
            settings.reloads += 1
        }
    }
}
