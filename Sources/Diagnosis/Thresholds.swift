import Sockets

/// From when on something is worth a finding. `Thresholds.all` names each, with its unit and why it is what it is;
/// docs/thresholds.md is made of that table.
///
/// Every number is a `Double` so that one table can read and write them; counts are compared as such.
package struct Thresholds: Sendable, Equatable {
    package var closeWaitLeakCount = 50.0
    package var closeWaitLeakSeconds = 10.0
    package var closeWaitOldCount = 3.0
    package var closeWaitOldSeconds = 300.0
    package var closeWaitNoteSeconds = 60.0
    package var closeWaitPoolCount = 20.0

    package var acceptStalledCount = 5.0
    package var acceptStalledSeconds = 5.0
    package var acceptFullSeconds = 1.0

    package var portsShare = 0.7
    package var portsCriticalShare = 0.9
    package var timeWaitBucketShare = 0.8
    package var timeWaitNormalCount = 1000.0

    package var finWait2HeldCount = 20.0
    package var finWait2HeldSeconds = 60.0
    package var finWait2OrphanedCount = 500.0

    package var closingCount = 20.0
    package var closingRetries = 3.0
    package var closingSeconds = 10.0

    package var synFloodCount = 100.0
    package var synFloodSources = 20.0
    package var synStuckCount = 10.0
    package var synRetries = 1.0
    package var connectCount = 5.0
    package var connectRetries = 2.0

    package var peerCount = 20.0
    package var peerBackoff = 5.0
    package var peerShare = 0.05
    package var zeroWindowCount = 20.0
    package var zeroWindowBackoff = 5.0
    package var idleCount = 100.0
    package var idleSeconds = 3600.0

    package var manyCount = 20_000.0
    package var manyDescriptorShare = 0.6

    package var descriptorsShare = 0.8
    package var descriptorsCriticalShare = 0.95
    package var closedCount = 20.0

    package var memoryShare = 0.9
    package var orphansShare = 0.5
    package var conntrackShare = 0.8
    package var filesShare = 0.8
    package var limitCriticalShare = 0.95

    package var forecastCriticalSeconds = 900.0

    package init() {}
}

/// One threshold, for people and for the reader of the configuration file.
package struct ThresholdDescription: Sendable {
    package enum Unit: String, Sendable { case connections, seconds, share, sources, retries, doublings, sockets }

    /// `close_wait.leak_count`: the room before the dot is a mapping in the file.
    package var name: String
    package var unit: Unit
    package var range: ClosedRange<Double>
    package var why: String
    let path: any WritableKeyPath<Thresholds, Double> & Sendable

    package var standard: Double { Thresholds()[keyPath: path] }

    package func value(in thresholds: Thresholds) -> Double { thresholds[keyPath: path] }

    /// Counts are whole numbers; seconds and shares need not be.
    package var isWhole: Bool { unit != .seconds && unit != .share }

    init(
        _ name: String, _ path: any WritableKeyPath<Thresholds, Double> & Sendable, _ unit: Unit, _ why: String
    ) {
        self.name = name
        self.path = path
        self.unit = unit
        self.why = why
        range =
            switch unit {
            case .share: 0...1
            case .seconds: 0...31_536_000
            case .retries, .doublings: 0...255
            case .connections, .sources, .sockets: 1...100_000_000
            }
    }
}

/// Why a number cannot be taken for a threshold. `description` is a sentence for the person who wrote it.
package enum ThresholdError: Error, Equatable, Sendable, CustomStringConvertible {
    case unknown(name: String, nearest: String?)
    case outOfRange(name: String, value: Double, range: ClosedRange<Double>)
    case notWhole(name: String, value: Double)

    package var description: String {
        switch self {
        case .unknown(let name, let nearest?): "there is no threshold \(name): did you mean \(nearest)?"
        case .unknown(let name, nil): "there is no threshold \(name): docs/thresholds.md lists them"
        case .outOfRange(let name, let value, let range):
            "\(name) cannot be \(plain(value)): give a number from \(plain(range.lowerBound)) to \(plain(range.upperBound))"
        case .notWhole(let name, let value): "\(name) cannot be \(plain(value)): give a whole number"
        }
    }
}

extension Thresholds {
    package static func description(of name: String) -> ThresholdDescription? { all.first { $0.name == name } }

    /// Sets one by its name. On an error nothing changes.
    package mutating func set(_ name: String, to value: Double) throws(ThresholdError) {
        guard let found = Self.description(of: name) else {
            throw .unknown(name: name, nearest: Suggestion.nearest(to: name, among: Self.all.lazy.map(\.name)))
        }
        guard found.range.contains(value) else { throw .outOfRange(name: name, value: value, range: found.range) }
        guard !found.isWhole || value == value.rounded() else { throw .notWhole(name: name, value: value) }
        self[keyPath: found.path] = value
    }
}

/// 50, not 50.0.
func plain(_ value: Double) -> String {
    value == value.rounded() && value.magnitude < 1e15 ? String(Int64(value)) : String(value)
}
