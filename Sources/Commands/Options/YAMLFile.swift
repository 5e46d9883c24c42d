import Sockets

/// Something wrong in a file: a line, where it is known, and what.
struct FileMistake: Hashable, Sendable {
    var line: Int?
    var what: String

    /// `linger.yaml:12: there is no key 'docter'; did you mean doctor?`
    func text(in path: String) -> String {
        (line.map { "\(path):\($0): \(what)" } ?? "\(path): \(what)").escapedForTerminal
    }
}

/// Reads a YAML file that people write, and finds all that is wrong with it at once. Each of the functions notes a mistake
/// and gives `nil` for what cannot be taken.
protocol YAMLFile {
    var mistakes: [FileMistake] { get set }
}

extension YAMLFile {
    /// In the order of the lines.
    var sortedMistakes: [FileMistake] { mistakes.sorted { ($0.line ?? 0) < ($1.line ?? 0) } }

    mutating func compose(_ text: String) -> YAMLNode? {
        do throws(YAMLError) {
            return try YAMLNode.compose(text)
        } catch {
            note(yaml: error)
            return nil
        }
    }

    // MARK: Values

    /// One of the names; another one is a mistake, with the name that may have been meant.
    mutating func keyword(_ node: YAMLNode, among names: [String]) -> String? { choice(node, "key", names) }

    mutating func choice(_ node: YAMLNode, _ what: String, _ names: [String]) -> String? {
        guard let given = node.string else {
            fail(node, "a \(what) is one of \(names.joined(separator: ", "))")
            return nil
        }
        let name = String(given.map { $0 == "_" ? "-" : $0 }).lowercased()
        if let known = names.first(where: { $0.lowercased() == name }) { return known }
        let nearest = Suggestion.nearest(to: name, among: names.map { $0.lowercased() })
        let meant = names.first { $0.lowercased() == nearest }
        fail(
            node,
            "there is no \(what) '\(given)'"
                + (meant.map { "; did you mean \($0)?" } ?? "; there are \(names.joined(separator: ", "))"))
        return nil
    }

    mutating func string(_ node: YAMLNode, _ what: String) -> String? {
        guard let text = node.string else {
            fail(node, what)
            return nil
        }
        return text.split(whereSeparator: \.isNewline).joined(separator: " ")
    }

    mutating func boolean(_ node: YAMLNode) -> Bool? {
        guard let value = node.bool else {
            fail(node, "this is true or false")
            return nil
        }
        return value
    }

    mutating func integer(_ node: YAMLNode, _ range: ClosedRange<Int>) -> Int? {
        guard let value = node.int, range.contains(value) else {
            fail(node, "this is a whole number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return value
    }

    /// `90s`, `5m`, `1h30m`, `7d`; without unit seconds.
    /// - Returns: milliseconds.
    mutating func duration(_ node: YAMLNode, _ least: String, _ most: String) -> UInt64? {
        guard let text = node.string, let value = try? parseDuration(text),
            let low = try? parseDuration(least), let high = try? parseDuration(most), (low...high).contains(value)
        else {
            fail(node, "this is a time from \(least) to \(most), such as 90s, 5m, 1h30m or 7d")
            return nil
        }
        return value
    }

    /// `512k`, `16m`, `2g`: powers of 1024.
    /// - Returns: bytes.
    mutating func size(_ node: YAMLNode, _ least: String, _ most: String) -> UInt64? {
        guard let text = node.string, let value = try? parseSize(text), let low = try? parseSize(least),
            let high = try? parseSize(most), (low...high).contains(value)
        else {
            fail(node, "this is a size from \(least) to \(most), such as 512k, 16m or 2g")
            return nil
        }
        return value
    }

    // MARK: Mistakes

    mutating func fail(_ node: YAMLNode?, _ what: String) {
        mistakes.append(FileMistake(line: node?.line, what: what))
    }

    private mutating func note(yaml error: YAMLError) {
        switch error {
        case .syntax(let line, let problem):
            mistakes.append(FileMistake(line: line, what: "this is not YAML: \(problem)"))
        case .duplicateKeys(let line, let names):
            mistakes.append(FileMistake(line: line, what: "given twice: \(names.joined(separator: ", "))"))
        }
    }
}
