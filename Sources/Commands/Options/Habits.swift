import ArgumentParser

/// Command lines as fingers know them from other tools.
enum Habits {
    /// Options that every command takes may stand before its name, as in `linger --lang zh doctor`.
    static func commandFirst(_ arguments: [String]) -> [String] {
        var rest = arguments[...]
        var moved: [String] = []
        while let first = rest.first,
            let name = ["--lang", "--color"].first(where: { first == $0 || first.hasPrefix($0 + "=") })
        {
            let length = first == name ? 2 : 1
            moved += rest.prefix(length)
            rest = rest.dropFirst(length)
        }
        guard let command = rest.first, !command.hasPrefix("-") else { return Array(rest) }
        let names = rest.prefix(isNested(rest) ? 2 : 1)
        return names + moved + rest.dropFirst(names.count)
    }

    /// The second word is a command of the first, as in `history leaks`.
    private static func isNested(_ words: ArraySlice<String>) -> Bool {
        let command = Linger.configuration.subcommands.first { $0.configuration.commandName == words.first }
        return command?.configuration.subcommands.contains {
            $0.configuration.commandName == words.dropFirst().first
        } ?? false
    }

    /// `-tano`: for ss and netstat `-o` shows timers; here it wants a format. `nil` where that is not what went wrong.
    static func outputHint(_ arguments: [String], _ messages: Messages) -> String? {
        guard arguments.first == ListCommand.configuration.commandName else { return nil }
        let group = arguments.dropFirst().prefix { $0 != "--" }.first { argument in
            argument.hasPrefix("-") && argument.count > 2 && argument.contains("o")
                && argument.dropFirst().allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
        }
        guard let group else { return nil }
        if let format = ListFormat(rawValue: String(group.dropFirst(2))), group.hasPrefix("-o") {
            return messages.outputIsApart(format.rawValue)
        }
        return messages.outputNeedsFormat(group, without: group.filter { $0 != "o" })
    }
}
