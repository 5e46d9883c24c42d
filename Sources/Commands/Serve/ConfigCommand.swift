import ArgumentParser

struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Checks the configuration of linger serve.",
        subcommands: [ConfigCheckCommand.self])
}

struct ConfigCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Says everything that is wrong with a configuration, each with its line.",
        usage: "linger config check [<file>]",
        discussion: """
            EXIT CODES
              0 the file is good, 2 it is not, or it cannot be read.
            """)

    @Argument(
        help: ArgumentHelp("The file.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var file = ServeConfiguration.standardPath

    @OptionGroup var languageOptions: LanguageOptions

    func run() throws {
        let messages = languageOptions.messages
        _ = try ConfigurationFile.read(file, messages)
        var output = Output(messages: messages)
        output.buffer.append(string: messages.configIsGood(file) + "\n")
        try output.flush()
    }
}
