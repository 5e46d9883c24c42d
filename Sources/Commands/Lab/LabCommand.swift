import ArgumentParser

struct LabCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lab",
        abstract: "Makes real connections in every state, in network namespaces of their own.",
        subcommands: [
            HoldCommand.self, ShowCommand.self, RunCommand.self, CrowdCommand.self, CrowdProcessCommand.self,
            SpeedCommand.self,
        ])
}
