import Diagnosis
import History
import Kernel
import Logging
import Sockets
import TCP

/// The file of `linger serve`: YAML in, a configuration out. All that is wrong with it is found at once, each thing with
/// its line.
struct ConfigurationFile: YAMLFile {
    var mistakes: [FileMistake] = []
    private let messages: Messages
    private var configuration = ServeConfiguration()

    /// - Throws: `Failure` with everything that is wrong, in the order of the lines.
    static func read(_ path: String, _ messages: Messages) throws(Failure) -> ServeConfiguration {
        let bytes: [UInt8]
        do {
            bytes = try Surroundings.contents(ofFile: path)
        } catch {
            throw Failure(.usage, messages.cannotRead(path, error.reason))
        }
        let (configuration, mistakes) = parse(String(decoding: bytes, as: UTF8.self), messages)
        if let configuration { return configuration }
        throw Failure(.usage, mistakes.map { $0.text(in: path) }.joined(separator: "\nlinger: "))
    }

    /// - Returns: the configuration, or everything that is wrong, in the order of the lines.
    static func parse(_ text: String, _ messages: Messages) -> (ServeConfiguration?, [FileMistake]) {
        var file = ConfigurationFile(messages)
        file.parse(text)
        return (file.mistakes.isEmpty ? file.configuration : nil, file.sortedMistakes)
    }

    private init(_ messages: Messages) { self.messages = messages }

    static let sections = ["watch", "doctor", "metrics", "history", "socket", "log", "policies", "webhooks"]

    private mutating func parse(_ text: String) {
        guard let root = compose(text), !root.isNull else { return }
        guard let mapping = root.mapping else {
            return fail(root, "the file is a mapping with some of the keys \(Self.sections.joined(separator: ", "))")
        }
        for (key, value) in mapping {
            switch keyword(key, among: Self.sections) {
            case "watch": watch(value)
            case "doctor": doctor(value)
            case "metrics": metrics(value)
            case "history": history(value)
            case "socket": configuration.socket = place(value)
            case "log": log(value)
            case "policies":
                let found = PolicyFile.parse(value, language: messages.language)
                configuration.policies = found.policies
                mistakes += found.mistakes
            case "webhooks":
                let found = WebhookFile.parse(value)
                configuration.webhooks = found.targets
                mistakes += found.mistakes
            default: break
            }
        }
    }

    // MARK: Sections

    private mutating func watch(_ node: YAMLNode) {
        for (name, value) in entries(node, ["namespaces", "stacks", "buffer"]) {
            switch name {
            case "namespaces":
                guard let text = string(value, "this is all, own, a name that ip netns shows, pid:N or net:[INODE]")
                else { continue }
                do {
                    configuration.watch.namespaces = try Look.Namespaces(parsing: text, messages: messages)
                } catch {
                    fail(value, (error as? Failure)?.message ?? "\(error)")
                }
            case "stacks": if let stacks = boolean(value) { configuration.watch.stacks = stacks }
            case "buffer":
                guard let bytes = size(value, "64k", "1g") else { continue }
                if bytes.nonzeroBitCount == 1 {
                    configuration.watch.buffer = Int(bytes)
                } else {
                    fail(value, "this is a power of two, such as 4m, 8m or 16m")
                }
            default: break
            }
        }
    }

    private mutating func doctor(_ node: YAMLNode) {
        for (name, value) in entries(node, ["every", "thresholds"]) {
            switch name {
            case "every": if let time = duration(value, "1s", "1d") { configuration.doctor.every = time }
            case "thresholds": thresholds(value)
            default: break
            }
        }
    }

    /// The name of a file as `linger doctor --config` takes it, or what stands in such a file.
    private mutating func thresholds(_ node: YAMLNode) {
        guard let mapping = node.mapping else {
            guard let path = string(node, "this is the name of a file, or thresholds by name") else { return }
            do {
                configuration.doctor.thresholds = try ThresholdFile(path: path, messages: messages).read()
            } catch {
                fail(node, error.message)
            }
            return
        }
        for (key, value) in mapping {
            guard let room = key.string else {
                fail(key, messages.configIsNoMapping)
                continue
            }
            guard let inner = value.mapping else {
                threshold(room, key, value)
                continue
            }
            for (innerKey, innerValue) in inner { threshold("\(room).\(innerKey.string ?? "")", innerKey, innerValue) }
        }
    }

    private mutating func threshold(_ name: String, _ key: YAMLNode, _ value: YAMLNode) {
        let isKnown = Thresholds.description(of: name) != nil
        guard let number = value.float ?? (isKnown ? nil : 0) else {
            return fail(value, messages.configIsNoNumber(name))
        }
        do {
            try configuration.doctor.thresholds.set(name, to: number)
        } catch {
            fail(isKnown ? value : key, messages.threshold(error))
        }
    }

    private mutating func metrics(_ node: YAMLNode) {
        for (name, value) in entries(node, ["listen", "programs"]) {
            switch name {
            case "listen": listen(value)
            case "programs": if let count = integer(value, 1...1000) { configuration.metrics.programs = count }
            default: break
            }
        }
    }

    private mutating func listen(_ node: YAMLNode) {
        let what = "this is off, or an address and a port, such as 127.0.0.1:9911 or [::1]:9911"
        guard let text = string(node, what) else { return }
        if text == "off" {
            configuration.metrics.listen = nil
        } else if let endpoint = Endpoint(listening: text) {
            configuration.metrics.listen = endpoint
        } else {
            fail(node, what)
        }
    }

    private mutating func history(_ node: YAMLNode) {
        for (name, value) in entries(node, ["path", "maximum-size", "retention"]) {
            switch name {
            case "path": configuration.history.path = place(value)
            case "maximum-size":
                if let bytes = size(value, "4m", "1024g") { configuration.history.settings.maximumBytes = Int64(bytes) }
            case "retention": retention(value)
            default: break
            }
        }
    }

    private static let kept: [(name: String, path: any WritableKeyPath<HistorySettings.Retention, Int64> & Sendable)] =
        [
            ("minutes", \.minutes), ("ten-minutes", \.tenMinutes), ("hours", \.hours), ("lives", \.lives),
            ("findings", \.findings), ("actions", \.actions),
        ]

    private mutating func retention(_ node: YAMLNode) {
        for (name, value) in entries(node, Self.kept.map(\.name)) {
            guard let kept = Self.kept.first(where: { $0.name == name }), let time = duration(value, "1h", "3650d")
            else { continue }
            configuration.history.settings.retention[keyPath: kept.path] = Int64(time / 1000)
        }
    }

    private mutating func log(_ node: YAMLNode) {
        for (name, value) in entries(node, ["level", "format"]) {
            switch name {
            case "level":
                if let name = choice(value, "level", Logger.Level.allCases.map(\.rawValue)) {
                    configuration.log.level = Logger.Level(rawValue: name) ?? .info
                }
            case "format":
                if let name = choice(value, "format", ServeConfiguration.Log.Format.allCases.map(\.rawValue)) {
                    configuration.log.format = ServeConfiguration.Log.Format(rawValue: name) ?? .text
                }
            default: break
            }
        }
    }

    // MARK: Parts

    /// What stands under the known keys; the others are mistakes.
    private mutating func entries(_ node: YAMLNode, _ names: [String]) -> [(String, YAMLNode)] {
        if node.isNull { return [] }
        guard let mapping = node.mapping else {
            fail(node, "this is a mapping with some of the keys \(names.joined(separator: ", "))")
            return []
        }
        return mapping.compactMap { key, value in keyword(key, among: names).map { ($0, value) } }
    }

    /// An absolute path, or `off`.
    private mutating func place(_ node: YAMLNode) -> String? {
        guard let text = node.string, text == "off" || text.hasPrefix("/"), !text.contains("\0") else {
            fail(node, "this is off, or a path that begins with /")
            return nil
        }
        return text == "off" ? nil : text
    }
}

extension Endpoint {
    /// `127.0.0.1:9911`, `[::1]:9911`: an address of this host and a port.
    init?(listening text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard let address = IPAddress(String(host)) else { return nil }
        self.init(address: address, port: port)
    }
}
