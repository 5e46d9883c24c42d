/// Reads a filter into a program: one pass, no tree.
///
/// The grammar is that of ss (`misc/ssfilter.y` in iproute2), where a list of conditions is worked off from left to
/// right: **`and` does not bind closer than `or`**, whatever ss(8) says. `a or b and c` is `(a or b) and c`; two
/// conditions side by side are joined by `and`; `not` takes the one condition or group after it.
///
///     filter    = [ list ]
///     list      = states list / term *( [ "and" | "or" ] term )
///     term      = "(" list ")" | "not" term | 1*states | condition
///     states    = ( "state" | "exclude" ) NAME
///     condition = KEYWORD [ comparison ] VALUE | "autobound" | "unaccepted" | "orphan" | "shared"
///
/// `age`, `idle`, `recv-q` and `send-q` need their comparison.
///
/// States in front of a list hold for all of it: `state X a or b` is `state X and ( a or b )`. Beyond ss: `states` may
/// stand wherever a condition may and be followed by `and` or `or`, when they are a condition like others; `src` and
/// `dst` take `!=`.
struct FilterParser {
    /// Parentheses and negations within each other.
    static let depthLimit = 64

    private(set) var program = FilterProgram()
    /// Families named by `inet:` and `inet6:`.
    private(set) var families: Set<IPAddress.Family> = []
    private(set) var namesStates = false
    private var scanner: FilterScanner
    let resolver: NameResolver

    /// In which states a part can be true, and in which it can be false.
    struct Reach {
        var possible: StateSet
        var refutable: StateSet

        mutating func both(_ other: Reach) {
            possible.formIntersection(other.possible)
            refutable.formUnion(other.refutable)
        }

        mutating func either(_ other: Reach) {
            possible.formUnion(other.possible)
            refutable.formIntersection(other.refutable)
        }
    }

    init(_ words: [String], resolver: NameResolver) throws(FilterSyntaxError) {
        scanner = try FilterScanner(words)
        self.resolver = resolver
    }

    var text: String { scanner.text }

    /// Reads all of it. Returns the states in which the filter can be true.
    mutating func parse() throws(FilterSyntaxError) -> StateSet {
        if scanner.peek() == .end { return .all }
        let reach = try list(depth: 0)
        let token = scanner.next()
        // A list ends at the end or at a parenthesis that nothing opened.
        guard token == .end else { throw expected([.and, .or, .condition, .end]) }
        return reach.possible
    }

    private mutating func list(depth: Int) throws(FilterSyntaxError) -> Reach {
        let beginsWithStates = isStates(scanner.peek())
        var reach = try term(depth: depth)
        if beginsWithStates, [.open, .not].contains(scanner.peek()) || isWord(scanner.peek()) {
            let jump = program.append(.jumpIfFalse(0))
            reach.both(try list(depth: depth))
            program.land(jump)
            return reach
        }
        while true {
            switch scanner.peek() {
            case .end, .close: return reach
            case .or:
                _ = scanner.next()
                let jump = program.append(.jumpIfTrue(0))
                reach.either(try term(depth: depth))
                program.land(jump)
            case .and:
                _ = scanner.next()
                fallthrough
            case .open, .not, .word:
                let jump = program.append(.jumpIfFalse(0))
                reach.both(try term(depth: depth))
                program.land(jump)
            case .comparison:
                _ = scanner.next()
                throw expected([.and, .or, .condition, depth == 0 ? .end : .closingParenthesis])
            }
        }
    }

    private func isWord(_ token: FilterScanner.Token) -> Bool {
        if case .word = token { true } else { false }
    }

    private func isStates(_ token: FilterScanner.Token) -> Bool {
        guard case .word(let word) = token, let keyword = FilterKeyword(rawValue: word) else { return false }
        return [.state, .exclude, .excl].contains(keyword)
    }

    private mutating func term(depth: Int) throws(FilterSyntaxError) -> Reach {
        let token = scanner.next()
        if depth >= Self.depthLimit, token == .open || token == .not { throw fail(.tooDeep(limit: Self.depthLimit)) }
        switch token {
        case .open:
            let reach = try list(depth: depth + 1)
            guard scanner.next() == .close else { throw expected([.closingParenthesis, .and, .or]) }
            return reach
        case .not:
            let reach = try term(depth: depth + 1)
            program.append(.negate)
            return Reach(possible: reach.refutable, refutable: reach.possible)
        case .word(let word):
            guard let keyword = FilterKeyword(rawValue: word) else { throw unknown(word) }
            let condition = try condition(keyword)
            program.append(.test(condition))
            return Reach(possible: condition.possibleStates, refutable: condition.refutableStates)
        case .end, .close, .and, .or, .comparison: throw expected([.condition])
        }
    }

    private mutating func condition(_ keyword: FilterKeyword) throws(FilterSyntaxError) -> FilterCondition {
        switch keyword {
        case .state, .exclude, .excl: return .states(try states(from: keyword))
        case .autobound: return .autobound
        case .unaccepted: return .unaccepted
        case .orphan: return .orphan
        case .shared: return .shared
        case .src, .dst, .sport, .dport, .dev, .fwmark, .cgroup, .pid, .process, .user, .unit, .container, .netns, .age,
            .idle, .receiveQueue, .sendQueue:
            let comparison = try comparison(for: keyword)
            return try valued(keyword, comparison, try value(keyword.value))
        }
    }

    private mutating func valued(
        _ keyword: FilterKeyword, _ comparison: Comparison, _ value: String
    ) throws(FilterSyntaxError) -> FilterCondition {
        let negated = comparison == .notEqual
        switch keyword {
        case .src: return .host(.local, try host(value), negated: negated)
        case .dst: return .host(.remote, try host(value), negated: negated)
        case .sport: return try port(.local, comparison, value)
        case .dport: return try port(.remote, comparison, value)
        case .dev:
            let number = try? parseNumber(value, upTo: UInt64(UInt32.max))
            let index = resolver.interface(value)
            return .device(
                name: value, index: index ?? number.map(UInt32.init), isNumber: index == nil && number != nil,
                negated: negated)
        case .fwmark: return try mark(value, negated: negated)
        case .cgroup:
            guard let id = resolver.cgroup(value) else { throw fail(.unknownCgroup(value)) }
            return .cgroup(id, negated: negated)
        case .pid:
            let pid = try number(value, upTo: UInt64(Int32.max), .pid)
            return .process(.pid(Int32(pid)), negated: negated)
        case .process: return .process(.name(Glob(value)), negated: negated)
        case .unit: return .process(.unit(Glob(value)), negated: negated)
        case .container: return .process(.container(Glob(value)), negated: negated)
        case .user:
            let number = UInt32(value)
            return .user(name: value, uid: number ?? resolver.user(value), negated: negated)
        case .netns: return .namespace(Glob(value), inode: UInt32(value), negated: negated)
        case .age: return .age(NumberTest(comparison, try duration(value)))
        case .idle: return .idle(NumberTest(comparison, try duration(value)))
        case .receiveQueue: return .receiveQueue(NumberTest(comparison, try size(value)))
        case .sendQueue: return .sendQueue(NumberTest(comparison, try size(value)))
        case .state, .exclude, .excl, .autobound, .unaccepted, .orphan, .shared: throw fail(.unknownCondition(value))
        }
    }

    // MARK: Pieces

    /// A run of `state X` and `exclude X` is one set, built from left to right: the first `state` starts from nothing,
    /// the first `exclude` from everything.
    private mutating func states(from first: FilterKeyword) throws(FilterSyntaxError) -> StateSet {
        namesStates = true
        var keyword = first
        var result: StateSet?
        while true {
            let comparison = keyword == .state ? try comparison(for: keyword) : .equal
            let name = try value(.state)
            guard let states = StateSet(named: name) else {
                throw fail(
                    .unknownState(name), suggesting: FilterSyntaxError.nearest(to: name, of: StateSet.listedNames))
            }
            if keyword == .state, comparison == .equal {
                result = (result ?? []).union(states)
            } else {
                result = (result ?? .all).subtracting(states)
            }
            guard isStates(scanner.peek()), case .word(let word) = scanner.next(),
                let next = FilterKeyword(rawValue: word)
            else { return result ?? .all }
            keyword = next
        }
    }

    /// The comparison that stands next; if none does, `=`, except where one must stand.
    private mutating func comparison(for keyword: FilterKeyword) throws(FilterSyntaxError) -> Comparison {
        guard case .comparison(let comparison) = scanner.peek() else {
            guard keyword.needsComparison else { return .equal }
            _ = scanner.next()
            throw fail(.comparisonMissing(keyword))
        }
        _ = scanner.next()
        guard keyword.comparisons.contains(comparison) else {
            throw fail(.comparisonNotTaken(comparison, keyword))
        }
        return comparison
    }

    private mutating func value(_ wanted: FilterExpectation) throws(FilterSyntaxError) -> String {
        if let value = scanner.value() { return value }
        _ = scanner.next()
        throw expected([wanted])
    }

    private func mark(_ value: String, negated: Bool) throws(FilterSyntaxError) -> FilterCondition {
        let parts = value.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let mark = try number(parts[0], upTo: UInt64(UInt32.max), .mark)
        let mask = parts.count > 1 ? try number(parts[1], upTo: UInt64(UInt32.max), .mark) : UInt64(UInt32.max)
        return .mark(UInt32(mark), mask: UInt32(mask), negated: negated)
    }

    private func number(
        _ value: some StringProtocol, upTo largest: UInt64, _ wanted: FilterExpectation
    ) throws(FilterSyntaxError) -> UInt64 {
        do {
            return try parseNumber(value, upTo: largest)
        } catch {
            throw fault(error, String(value), wanted, largest: largest)
        }
    }

    private func duration(_ value: String) throws(FilterSyntaxError) -> UInt64 {
        do {
            return try parseDuration(value)
        } catch {
            throw fault(error, value, .duration, largest: .max)
        }
    }

    private func size(_ value: String) throws(FilterSyntaxError) -> UInt64 {
        do {
            return try parseSize(value)
        } catch {
            throw fault(error, value, .size, largest: .max)
        }
    }

    mutating func restrict(to family: IPAddress.Family) { families.insert(family) }

    // MARK: Errors, all at the place of the token or value read last

    func fail(_ problem: FilterSyntaxError.Problem, suggesting suggestion: String? = nil) -> FilterSyntaxError {
        FilterSyntaxError(text: text, offset: scanner.start, problem: problem, suggestion: suggestion)
    }

    func fault(
        _ fault: NumberFault, _ value: String, _ wanted: FilterExpectation, largest: UInt64
    ) -> FilterSyntaxError {
        switch fault {
        case .form: fail(.badValue(value, wanted))
        case .tooLarge: fail(.tooLarge(value, largest: largest))
        }
    }

    private func expected(_ wanted: [FilterExpectation]) -> FilterSyntaxError {
        fail(.expected(wanted, found: scanner.found))
    }

    private func unknown(_ word: String) -> FilterSyntaxError {
        let known = FilterKeyword.allCases.map(\.rawValue) + ["and", "or", "not"]
        // "close-wait" alone: a state without its keyword.
        let suggestion =
            StateSet.names[word.lowercased()] != nil ? "state \(word)" : FilterSyntaxError.nearest(to: word, of: known)
        return fail(.unknownCondition(word), suggesting: suggestion)
    }
}
