/// A filter as steps for a machine with one truth register. It is flat, so that no filter, however long, makes a deep
/// recursion: neither when it is run nor when it is freed.
struct FilterProgram: Sendable, Hashable {
    enum Step<Test: Sendable & Hashable>: Sendable, Hashable {
        /// Sets the register.
        case test(Test)
        case negate
        /// Goes on at a step, of the rest of an `and`; of an `or`.
        case jumpIfFalse(Int)
        case jumpIfTrue(Int)
    }

    private(set) var steps: [Step<FilterCondition>] = []

    @discardableResult
    mutating func append(_ step: Step<FilterCondition>) -> Int {
        steps.append(step)
        return steps.count - 1
    }

    /// The jump at `index` leads to the next step to come.
    mutating func land(_ index: Int) {
        switch steps[index] {
        case .jumpIfFalse: steps[index] = .jumpIfFalse(steps.count)
        case .jumpIfTrue: steps[index] = .jumpIfTrue(steps.count)
        case .test, .negate: break
        }
    }

    var conditions: [FilterCondition] {
        steps.compactMap { if case .test(let condition) = $0 { condition } else { nil } }
    }
}
