import Diagnosis
import Kernel
import Sockets
import Yams

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
        guard let root = try compose(text), root.null == nil else { return thresholds }
        guard case .mapping(let mapping) = root else { throw fail(root.mark, messages.configIsNoMapping) }
        var seen: Set<String> = []
        for (key, value) in mapping {
            guard let name = key.string else { throw fail(key.mark, messages.configIsNoMapping) }
            guard case .mapping(let inner) = value else {
                try set(name, key, value, in: &thresholds, &seen)
                continue
            }
            for (innerKey, innerValue) in inner {
                guard let innerName = innerKey.string else { throw fail(innerKey.mark, messages.configIsNoMapping) }
                try set("\(name).\(innerName)", innerKey, innerValue, in: &thresholds, &seen)
            }
        }
        return thresholds
    }

    private func set(
        _ name: String, _ key: Node, _ value: Node, in thresholds: inout Thresholds, _ seen: inout Set<String>
    ) throws(Failure) {
        // An unknown name is worth more words than its value.
        guard Thresholds.description(of: name) != nil, let number = value.float else {
            if Thresholds.description(of: name) != nil { throw fail(value.mark, messages.configIsNoNumber(name)) }
            do { try thresholds.set(name, to: 1) } catch { throw fail(key.mark, messages.threshold(error)) }
            return
        }
        guard seen.insert(name).inserted else { throw fail(key.mark, messages.configTwice(name)) }
        do {
            try thresholds.set(name, to: number)
        } catch {
            throw fail(value.mark, messages.threshold(error))
        }
    }

    private func compose(_ text: String) throws(Failure) -> Node? {
        do {
            return try Yams.compose(yaml: text)
        } catch {
            switch error as? YamlError {
            case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
                .composer(_, let problem, let mark, _):
                throw fail(mark, messages.notYAML(problem))
            case .duplicatedKeysInMapping(let names, let context):
                throw fail(context.mark, messages.configTwice(names.sorted().joined(separator: ", ")))
            case .reader(let problem, _, _, _):
                throw fail(nil, messages.notYAML(problem))
            default:
                throw fail(nil, messages.notYAML("\(error)"))
            }
        }
    }

    private func fail(_ mark: Mark?, _ what: String) -> Failure {
        Failure(.usage, messages.badConfig(path, line: mark?.line, what))
    }
}
