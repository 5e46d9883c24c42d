import ArgumentParser

struct HistoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "Asks what linger serve has recorded: counts over time, leaks, lives, findings.",
        discussion: """
            EXAMPLES
              linger history                              states over the last day
              linger history states --by process --state close-wait --from 2h
              linger history leaks --from 7d              who never closes, and where it opens
              linger history connection 10.0.0.7:41822    one connection's life
              linger history findings --from 02:00 --to 04:00
              linger history gaps                         what was not recorded, and why
              linger history actions                      what was cleared, by whom

            It can be asked while linger serve writes. Its tables are documented in
            docs/history.md, for those who rather ask with sqlite3.
            """,
        subcommands: [
            HistoryStatesCommand.self, HistoryLeaksCommand.self, HistoryConnectionCommand.self,
            HistoryFindingsCommand.self, HistoryGapsCommand.self, HistoryActionsCommand.self,
        ],
        defaultSubcommand: HistoryStatesCommand.self)
}
