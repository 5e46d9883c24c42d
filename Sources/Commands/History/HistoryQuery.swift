import ArgumentParser

/// A command that asks a history and prints what it answers.
protocol HistoryQuery: ParsableCommand {
    var options: HistoryOptions { get }
    /// What the history does not know can change its answer, so a person is told of it.
    static var dependsOnGaps: Bool { get }
    func write(_ session: HistorySession, to output: inout Output) throws
}

extension HistoryQuery {
    static var dependsOnGaps: Bool { true }

    mutating func run() throws {
        let session = try HistorySession(options)
        var output = Output(messages: session.messages)
        try write(session, to: &output)
        try output.flush()
        if Self.dependsOnGaps, !session.isJSON { try session.noteGaps() }
    }
}
