import Clearing
import Kernel
import Sockets
import TCP

/// The part `policies:` of the daemon's file: what it may clear by itself (docs/policies.md).
struct PolicyFile: YAMLFile {
    var mistakes: [FileMistake] = []
    private let language: Language
    private let resolver: NameResolver
    private var names: Set<String> = []

    /// - Parameter node: what stands under the key.
    /// - Returns: the policies that are whole, and everything that is wrong.
    static func parse(
        _ node: YAMLNode, language: Language, resolver: NameResolver = .host
    ) -> (policies: [Policy], mistakes: [FileMistake]) {
        var file = PolicyFile(language: language, resolver: resolver)
        let policies = file.policies(node)
        return (policies, file.sortedMistakes)
    }

    private init(language: Language, resolver: NameResolver) {
        self.language = language
        self.resolver = resolver
    }

    static let keys = [
        "name", "match", "for", "at-least", "level", "per-minute", "in-all", "quiet", "dry-run", "dry-run-for",
        "comes-back", "within", "note",
    ]
    /// What nobody else can know.
    private static let needed = ["name", "match", "for", "per-minute", "in-all"]

    private mutating func policies(_ node: YAMLNode) -> [Policy] {
        if node.isNull { return [] }
        guard let sequence = node.sequence else {
            fail(node, "a list of policies is wanted here, each behind a dash")
            return []
        }
        return sequence.compactMap { policy($0) }
    }

    private mutating func policy(_ node: YAMLNode) -> Policy? {
        guard let mapping = node.mapping else {
            fail(node, "a policy is a mapping with at least the keys \(Self.needed.joined(separator: ", "))")
            return nil
        }
        let before = mistakes.count
        var nodes: [String: YAMLNode] = [:]
        for (key, value) in mapping {
            if let name = keyword(key, among: Self.keys) { nodes[name] = value }
        }
        for key in Self.needed where nodes[key] == nil {
            fail(node, "this policy has no '\(key)': \(Self.meaning(key))")
        }
        let name = nodes["name"].flatMap { self.name($0) } ?? ""
        let filter = nodes["match"].flatMap { self.filter($0) }
        let lasting = nodes["for"].flatMap { duration($0, "1s", "30d") } ?? 0
        let perMinute = nodes["per-minute"].flatMap { integer($0, 1...100_000) } ?? 0
        let inAll = nodes["in-all"].flatMap { integer($0, 1...10_000_000) } ?? 0
        let whole = filter ?? Filter.none
        var policy = Policy(name: name, filter: whole, lasting: lasting, perMinute: perMinute, inAll: inAll)
        if let node = nodes["at-least"], let count = integer(node, 1...10_000_000) { policy.least = count }
        if let node = nodes["level"] { policy.level = level(node) }
        if let node = nodes["quiet"] { policy.quiet = quiet(node) }
        if let node = nodes["dry-run"], let flag = boolean(node) { policy.isDryRun = flag }
        if let node = nodes["dry-run-for"], let time = duration(node, "1s", "365d") { policy.dryRunTime = time }
        if let node = nodes["comes-back"], let count = integer(node, 1...1000) { policy.comebacks = count }
        if let node = nodes["within"], let time = duration(node, "1m", "365d") { policy.comebackTime = time }
        if let node = nodes["note"], let note = string(node, "a note is a text") { policy.note = note }
        return mistakes.count == before ? policy : nil
    }

    private static func meaning(_ key: String) -> String {
        switch key {
        case "name": "what it is called in the log and the audit record"
        case "match": "a filter, as for linger list"
        case "for": "how long a connection has to match, such as 10m"
        case "per-minute": "at most how many connections it clears in a minute"
        default: "at most how many connections it clears in all"
        }
    }

    // MARK: Values

    private mutating func name(_ node: YAMLNode) -> String? {
        let what = "a name has up to 64 letters, digits, dots, dashes and underscores"
        guard let text = node.string, (1...64).contains(text.utf8.count),
            text.utf8.allSatisfy({ byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            })
        else {
            fail(node, what)
            return nil
        }
        guard names.insert(text).inserted else {
            fail(node, "there is another policy '\(text)'")
            return nil
        }
        return text
    }

    private mutating func filter(_ node: YAMLNode) -> Filter? {
        guard let text = string(node, "a filter is a text, as for linger list: state close-wait process = java") else {
            return nil
        }
        do {
            let filter = try Filter(parsing: [text], resolver: resolver)
            if filter.couldMeanEverything {
                fail(
                    node,
                    "this could mean every connection: name a state that piles up, a process, a port or an address")
                return nil
            }
            if filter.namesStates, filter.states.contains(.listen) {
                fail(node, "a policy clears no listeners: leave the state listening out")
                return nil
            }
            return filter
        } catch {
            fail(node, error.message(language: language))
            return nil
        }
    }

    private static let levels = Level.allCases.filter { $0 != .close }

    private mutating func level(_ node: YAMLNode) -> Level? {
        if node.string == Level.close.rawValue {
            fail(node, "close is too dangerous where nobody looks on: release frees the socket and keeps the number")
            return nil
        }
        return choice(node, "level", Self.levels.map(\.rawValue)).flatMap(Level.init(rawValue:))
    }

    private mutating func quiet(_ node: YAMLNode) -> [QuietTime] {
        let nodes = node.sequence ?? [node]
        return nodes.compactMap { node in
            if let time = node.string.flatMap(QuietTime.init) { return time }
            fail(node, "quiet hours look like this: 'Mon-Fri 08:00-18:00', '22:00-06:00', 'Sat,Sun'")
            return nil
        }
    }
}

extension Filter {
    /// Stands where a filter could not be read; no policy with it is handed on.
    fileprivate static let none: Filter = {
        // An empty one always parses.
        guard let filter = try? Filter(parsing: [], resolver: .none) else {
            fatalError("the empty filter does not parse")
        }
        return filter
    }()
}
