import TCP

/// Goes through all sequences of up to `depth` steps and keeps what differs.
struct Comparison {
    let opening: Opening
    let depth: Int
    private(set) var sequences = 0
    private(set) var steps = 0
    /// How often each known difference was seen.
    private(set) var known: [String: Int] = [:]
    /// By what differs; the first sequence that shows it, and how many do.
    private(set) var differences: [String: Difference] = [:]

    struct Difference: Sendable {
        var first: String
        var count = 1
    }

    struct Result: Sendable {
        var sequences: Int
        var steps: Int
        var known: [String: Int]
        var differences: [String: Difference]
    }

    init(_ opening: Opening, depth: Int) {
        self.opening = opening
        self.depth = depth
    }

    func run() throws -> Result {
        let link = try Link()
        var copy = self
        try copy.extend([], on: link)
        return Result(sequences: copy.sequences, steps: copy.steps, known: copy.known, differences: copy.differences)
    }

    /// Plays `steps` and, where the connection still is and both agree, all that begin with them.
    private mutating func extend(_ prefix: [Step], on link: Link) throws {
        for step in Step.all {
            let sequence = prefix + [step]
            var goesOn = try play(sequence, on: link)
            if goesOn == .differs {
                // A timer of the kernel's may have fired on a busy machine: what is real shows again.
                goesOn = try play(sequence, on: link)
                if goesOn == .differs { goesOn = try play(sequence, on: link, isLast: true) }
            }
            if goesOn == .same, sequence.count < depth { try extend(sequence, on: link) }
        }
    }

    private enum Verdict { case same, over, impossible, differs }

    private mutating func play(_ sequence: [Step], on link: Link, isLast: Bool = false) throws -> Verdict {
        var kernel = try KernelSubject(opening, on: link)
        var model = ModelSubject(opening, Self.configuration)
        var owed: Answer?
        for (index, step) in sequence.enumerated() {
            let before = model.state
            var theirs = try kernel.perform(step)
            let ours = model.perform(step)
            settle(&owed, &theirs, ours, &kernel)
            steps += 1
            let isNew = index == sequence.count - 1
            guard isNew || theirs == ours else { return .differs }
            guard isNew else { continue }
            sequences += 1
            if theirs == nil, ours == nil { return .impossible }
            guard theirs == ours else {
                if let theirs, let ours, isKnown(step, before, theirs, ours) { return .over }
                if isLast { note(sequence, theirs, ours) }
                return .differs
            }
            // What changed nothing at all need not be gone on from: the same sequence without it is played too.
            let isIdle =
                before == ours?.state && ours?.answers.isEmpty == true && step == .call(.receive) && ours?.read == 0
            return theirs?.state == nil || isIdle ? .over : .same
        }
        return .same
    }

    /// Linux may put off the ACK of a FIN, TCP_QUICKACK or not (`tcp_fin()` only schedules it): up to 200 ms, or until
    /// something else is sent. The same ACK at once, by the model, is the same answer.
    private func settle(
        _ owed: inout Answer?, _ theirs: inout Outcome?, _ ours: Outcome?, _ kernel: inout KernelSubject
    ) {
        guard var outcome = theirs, let ours else { return }
        if let debt = owed, outcome.answers.first == debt, outcome.answers.count > ours.answers.count {
            outcome.answers.removeFirst()
        }
        if outcome.answers.contains(where: { $0.acknowledgment != nil }) { owed = nil }
        if outcome.answers.isEmpty, ours.answers.count == 1, let answer = ours.answers.first, answer.control == .ack,
            answer.payloadCount == 0, outcome.state == ours.state,
            [.closeWait, .closing, .lastAck].contains(ours.state)
        {
            owed = answer
            kernel.owes(answer)
            outcome.answers = ours.answers
        }
        theirs = outcome
    }

    private mutating func isKnown(_ step: Step, _ before: State?, _ kernel: Outcome, _ model: Outcome) -> Bool {
        let one = KnownDifference.Case(opening: opening, step: step, before: before, kernel: kernel, model: model)
        guard let found = KnownDifference.all.first(where: { $0.matches(one) }) else { return false }
        known[found.name, default: 0] += 1
        return true
    }

    private mutating func note(_ sequence: [Step], _ kernel: Outcome?, _ model: Outcome?) {
        let text = { (outcome: Outcome?) in outcome.map(\.description) ?? "no call possible" }
        let kind = "\(sequence.last.map(\.description) ?? ""): kernel \(text(kernel)), model \(text(model))"
        differences[kind, default: Difference(first: "\(sequence)", count: 0)].count += 1
    }

    static var configuration: Configuration {
        var configuration = Configuration(.linux)
        configuration.noDelay = true
        configuration.delaysAcknowledgments = false
        configuration.invalidInterval = 0
        configuration.challengesPerSecond = .max
        configuration.offersSACK = true
        return configuration
    }
}
