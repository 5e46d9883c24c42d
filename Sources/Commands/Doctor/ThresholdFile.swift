import Diagnosis
import Kernel
import Sockets

/// The file of `linger doctor --config`: a YAML mapping from thresholds to numbers, `close_wait.leak_count: 5` or
/// nested, `close_wait: {leak_count: 5}`. What it does not name stays as it is.
struct ThresholdFile {
    var path: String
    var messages: Messages

    func read() throws(Failure) -> Thresholds {
        let bytes: [UInt8]
        do {
            bytes = try Surroundings.contents(ofFile: path)
        } catch {
            throw Failure(.usage, messages.cannotRead(path, error.reason))
        }
        return try parse(String(decoding: bytes, as: UTF8.self))
    }

    func parse(_ text: String) throws(Failure) -> Thresholds {
        var thresholds = Thresholds()
        guard let root = try compose(text), !root.isNull else { return thresholds }
        guard let mapping = root.mapping else { throw fail(root.line, messages.configIsNoMapping) }
        var seen: Set<String> = []
        for (key, value) in mapping {
            guard let name = key.string else { throw fail(key.line, messages.configIsNoMapping) }
            guard let inner = value.mapping else {
                try set(name, key, value, in: &thresholds, &seen)
                continue
            }
            for (innerKey, innerValue) in inner {
                guard let innerName = innerKey.string else { throw fail(innerKey.line, messages.configIsNoMapping) }
                try set("\(name).\(innerName)", innerKey, innerValue, in: &thresholds, &seen)
            }
        }
        return thresholds
    }

    private func set(
        _ name: String, _ key: YAMLNode, _ value: YAMLNode, in thresholds: inout Thresholds, _ seen: inout Set<String>
    ) throws(Failure) {
        // An unknown name is worth more words than its value.
        guard Thresholds.description(of: name) != nil, let number = value.float else {
            if Thresholds.description(of: name) != nil { throw fail(value.line, messages.configIsNoNumber(name)) }
            do { try thresholds.set(name, to: 1) } catch { throw fail(key.line, messages.threshold(error)) }
            return
        }
        guard seen.insert(name).inserted else { throw fail(key.line, messages.configTwice(name)) }
        do {
            try thresholds.set(name, to: number)
        } catch {
            throw fail(value.line, messages.threshold(error))
        }
    }

    private func compose(_ text: String) throws(Failure) -> YAMLNode? {
        do throws(YAMLError) {
            return try YAMLNode.compose(text)
        } catch {
            switch error {
            case .syntax(let line, let problem): throw fail(line, messages.notYAML(problem))
            case .duplicateKeys(let line, let names):
                throw fail(line, messages.configTwice(names.joined(separator: ", ")))
            }
        }
    }

    private func fail(_ line: Int?, _ what: String) -> Failure {
        Failure(.usage, messages.badConfig(path, line: line, what))
    }
}
