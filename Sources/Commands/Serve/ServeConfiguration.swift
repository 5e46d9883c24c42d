import Diagnosis
import History
import Kernel
import Logging
import Sockets
import TCP

/// What `linger serve` is told by its file; docs/serve.md lists it. Without a file everything is as here.
struct ServeConfiguration: Sendable, Equatable {
    struct Watch: Sendable, Equatable {
        var namespaces = Look.Namespaces.all
        var stacks = false
        /// Bytes that may wait in the kernel to be read; a power of two.
        var buffer = 8 << 20
    }

    struct Doctor: Sendable, Equatable {
        /// Milliseconds between two looks.
        var every: UInt64 = 60_000
        var thresholds = Thresholds()
    }

    struct Metrics: Sendable, Equatable {
        /// `nil`: no metrics.
        var listen: Endpoint? = Endpoint(address: IPAddress(v4: 0x7f00_0001), port: 9911)
        /// Programs that have labels of their own; the others share one.
        var programs = 50
    }

    struct Past: Sendable, Equatable {
        /// `nil`: no history.
        var path: String? = "/var/lib/linger/history.db"
        var settings = HistorySettings()
    }

    struct Log: Sendable, Equatable {
        enum Format: String, Sendable, CaseIterable { case text, json }

        var level = Logger.Level.info
        var format = Format.text
    }

    static let standardPath = "/etc/linger/linger.yaml"

    var watch = Watch()
    var doctor = Doctor()
    var metrics = Metrics()
    var history = Past()
    /// Where `linger doctor` asks what the daemon knows; `nil`: nowhere.
    var socket: String? = "/run/linger/linger.sock"
    var log = Log()

    /// What differs and is taken over only by a restart.
    func needingRestart(_ new: ServeConfiguration) -> [String] {
        [
            ("watch", watch != new.watch), ("metrics", metrics != new.metrics),
            ("history", history != new.history), ("socket", socket != new.socket),
            ("log.format", log.format != new.log.format),
        ].filter(\.1).map(\.0)
    }
}
