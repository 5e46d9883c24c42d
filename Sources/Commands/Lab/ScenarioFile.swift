import Lab
import Sockets
import TCP

/// The file of `linger lab run`, described in docs/lab.md: YAML in, a scenario out. All that is wrong with it is found at
/// once, each thing with its line.
struct ScenarioFile: YAMLFile {
    var mistakes: [FileMistake] = []

    /// - Returns: the scenario, or everything that is wrong, in the order of the lines.
    static func parse(_ text: String, name: String) -> (scenario: Scenario?, mistakes: [FileMistake]) {
        var file = ScenarioFile()
        let scenario = file.scenario(text, name)
        return (file.mistakes.isEmpty ? scenario : nil, file.sortedMistakes)
    }

    // MARK: The file

    private mutating func scenario(_ text: String, _ name: String) -> Scenario? {
        let root = compose(text)
        guard let root, let mapping = root.mapping else {
            if mistakes.isEmpty { fail(root, "the file is a mapping with the key 'steps'") }
            return nil
        }
        var scenario = Scenario(name: name, title: name, steps: [])
        var hasSteps = false
        for (key, value) in mapping {
            switch keyword(key, among: ["title", "kernel", "times", "steps"]) {
            case "title": if let title = string(value, "a title is a text") { scenario.title = title }
            case "kernel":
                if let side = choice(value, "side", ["server", "client"]) {
                    scenario.kernelSide = HeldSide(rawValue: side) ?? .server
                }
            case "times": if let shows = boolean(value) { scenario.showsTimes = shows }
            case "steps":
                hasSteps = true
                scenario.steps = steps(value)
            default: break
            }
        }
        if !hasSteps { fail(root, "'steps' is missing: a list of what is done") }
        return scenario
    }

    private mutating func steps(_ node: YAMLNode) -> [Step] {
        guard let sequence = node.sequence else {
            fail(node, "a list of steps is wanted here, each behind a dash")
            return []
        }
        return sequence.flatMap { step($0) }
    }

    private static let words = [
        "say", "kernel", "peer", "together", "withhold", "pass", "segment", "wait", "expect", "hide", "show",
    ]

    /// A step is a mapping with one key, or a word.
    private mutating func step(_ node: YAMLNode) -> [Step] {
        if let word = node.string, node.mapping == nil {
            switch keyword(node, among: Self.words) {
            case "pass": return [.pass]
            case "hide": return [.hide]
            case "show": return [.show]
            case .some: fail(node, "'\(word)' needs a value: '\(word): …'")
            case nil: break
            }
            return []
        }
        guard let mapping = node.mapping, mapping.count == 1, let (key, value) = mapping.first else {
            fail(node, "a step has one key: one of \(Self.words.joined(separator: ", "))")
            return []
        }
        switch keyword(key, among: Self.words) {
        case "say": return string(value, "what is said is a text").map { [.say($0)] } ?? []
        case "kernel": return calls(value, .kernel)
        case "peer": return calls(value, .peer)
        case "together":
            let steps = steps(value)
            let areCalls = steps.allSatisfy { if case .call = $0 { true } else { false } }
            if !areCalls { fail(value, "'together' holds calls of 'kernel' and 'peer' only") }
            return [.together(steps)]
        case "withhold": return withhold(value)
        case "pass", "hide", "show": fail(value, "this step takes no value")
        case "segment": return segment(value)
        case "wait": return seconds(value, upTo: 600).map { [.wait($0)] } ?? []
        case "expect": return expect(value)
        default: break
        }
        return []
    }

    // MARK: Calls

    private static let callNames = [
        "listen", "connect", "accept", "send", "receive", "shutdown", "close", "abort", "keepalive", "user-timeout",
    ]

    /// `close`, `{send: 100}`, or a list of such.
    private mutating func calls(_ node: YAMLNode, _ party: Party) -> [Step] {
        switch node.content {
        case .sequence(let sequence): return sequence.flatMap { calls($0, party) }
        case .mapping(let mapping):
            return mapping.compactMap { key, value in call(key, value).map { .call(party, $0) } }
        default: return call(node, nil).map { [.call(party, $0)] } ?? []
        }
    }

    private mutating func call(_ name: YAMLNode, _ value: YAMLNode?) -> Call? {
        guard let word = choice(name, "call", Self.callNames) else { return nil }
        switch word {
        case "send":
            guard let value, let count = integer(value, 1...1_000_000) else {
                if value == nil { fail(name, "'send' needs a number of bytes: 'send: 100'") }
                return nil
            }
            return .send(count)
        case "user-timeout":
            guard let value, let time = seconds(value, upTo: 3600) else {
                if value == nil { fail(name, "'user-timeout' needs a number of seconds: 'user-timeout: 1.5'") }
                return nil
            }
            return .userTimeout(time)
        case "keepalive": return keepAlive(name, value)
        default: break
        }
        if let value { fail(value, "'\(word)' takes no value") }
        let plain: [String: Call] = [
            "listen": .listen, "connect": .connect, "accept": .accept, "receive": .receive, "shutdown": .shutdown,
            "close": .close, "abort": .abort,
        ]
        return plain[word]
    }

    private mutating func keepAlive(_ name: YAMLNode, _ value: YAMLNode?) -> Call? {
        guard let value, let mapping = value.mapping else {
            fail(value ?? name, "'keepalive' needs {idle: seconds, interval: seconds, count: probes}")
            return nil
        }
        var numbers = ["idle": 1, "interval": 1, "count": 3]
        for (key, value) in mapping {
            guard let name = keyword(key, among: ["idle", "interval", "count"]) else { continue }
            if let number = integer(value, 1...127) { numbers[name] = number }
        }
        return .keepAlive(
            idle: numbers["idle", default: 1], interval: numbers["interval", default: 1],
            count: numbers["count", default: 3])
    }

    // MARK: Segments

    private static let withheldNames: [(name: String, what: Withheld)] = [
        ("everything", .everything), ("syn", .syn), ("syn-ack", .synAck), ("after-syn", .afterSyn), ("fin", .fin),
        ("ack-of-fin", .ackOfFin), ("ack", .bareAck), ("data", .data), ("rst", .reset),
    ]

    private mutating func withhold(_ node: YAMLNode) -> [Step] {
        guard let mapping = node.mapping else {
            fail(node, "'withhold' needs {from: kernel or peer, segments: which}")
            return []
        }
        var (party, what, count): (Party?, Withheld?, Int?) = (nil, nil, nil)
        var isWhole = true
        for (key, value) in mapping {
            switch keyword(key, among: ["from", "segments", "count"]) {
            case "from":
                party = choice(value, "end", Party.allCases.map(\.rawValue)).flatMap(Party.init(rawValue:))
                isWhole = isWhole && party != nil
            case "segments":
                let name = choice(value, "kind of segment", Self.withheldNames.map(\.name))
                what = Self.withheldNames.first { $0.name == name }?.what
                isWhole = isWhole && what != nil
            case "count":
                count = integer(value, 1...1_000_000)
                isWhole = isWhole && count != nil
            default: isWhole = false
            }
        }
        guard let party, let what else {
            if isWhole { fail(node, "'withhold' needs both 'from' and 'segments'") }
            return []
        }
        return [.withhold(what, from: party, count: count)]
    }

    private static let controlNames: [(name: String, control: Control)] = [
        ("syn", .syn), ("ack", .ack), ("fin", .fin), ("rst", .rst), ("psh", .psh), ("urg", .urg),
    ]

    private mutating func segment(_ node: YAMLNode) -> [Step] {
        guard let mapping = node.mapping else {
            fail(node, "'segment' needs at least {control: [ack]}")
            return []
        }
        var segment = RawSegment([])
        var hasControl = false
        for (key, value) in mapping {
            switch keyword(key, among: ["control", "sequence", "acknowledgment", "data", "window"]) {
            case "control":
                hasControl = true
                let nodes = value.sequence ?? [value]
                for node in nodes {
                    guard let name = choice(node, "control bit", Self.controlNames.map(\.name)) else { continue }
                    for known in Self.controlNames where known.name == name { segment.control.insert(known.control) }
                }
            case "sequence": segment.sequence = integer(value, -1_000_000_000...1_000_000_000) ?? 0
            case "acknowledgment": segment.acknowledgment = integer(value, -1_000_000_000...1_000_000_000) ?? 0
            case "data": segment.data = integer(value, 0...1400) ?? 0
            case "window": segment.window = UInt16(clamping: integer(value, 0...65_535) ?? 0)
            default: break
            }
        }
        if !hasControl { fail(node, "'segment' needs 'control': the bits that are set, [syn], [fin, ack] …") }
        return [.segment(segment)]
    }

    private mutating func expect(_ node: YAMLNode) -> [Step] {
        guard let mapping = node.mapping, mapping.count > 0 else {
            fail(node, "'expect' needs {kernel: STATE, peer: STATE}, or one of them")
            return []
        }
        var expectation = Expectation()
        expectation.line = node.line
        for (key, value) in mapping {
            switch keyword(key, among: ["kernel", "peer", "within"]) {
            case "kernel": expectation.kernel = state(value)
            case "peer": expectation.peer = state(value)
            case "within": if let time = seconds(value, upTo: 600) { expectation.within = time }
            default: break
            }
        }
        return [.expect(expectation)]
    }

    private mutating func state(_ node: YAMLNode) -> State? {
        if let name = node.string, let states = StateSet(named: name),
            let state = State.allCases.first(where: { states == StateSet($0) })
        {
            return state
        }
        _ = choice(node, "state", State.allCases.map(\.name.description))
        return nil
    }

    /// Every name that may stand in a file, for the test of docs/lab.md.
    static var documentedWords: [String] {
        words + callNames + withheldNames.map(\.name) + controlNames.map(\.name)
    }

    // MARK: Values

    private mutating func seconds(_ node: YAMLNode, upTo most: Double) -> Microseconds? {
        guard let value = node.float, value > 0, value <= most else {
            fail(node, "this is a number of seconds, up to \(Int(most))")
            return nil
        }
        return Microseconds(value * 1_000_000)
    }
}
