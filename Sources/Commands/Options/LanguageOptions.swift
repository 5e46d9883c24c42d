import ArgumentParser
import Kernel
import Sockets

extension Language: Choice {}

struct LanguageOptions: ParsableArguments {
    @Option(
        name: .customLong("lang"),
        help: "Language of texts (default: as LC_ALL, LC_MESSAGES or LANG say).")
    var language: Language?

    var messages: Messages { Messages(language: language ?? .ofEnvironment(Surroundings.variable)) }
}

extension Language {
    /// As locale(7) has it: the first of the three that is set and not empty decides.
    static func ofEnvironment(_ variable: (String) -> String?) -> Language {
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].lazy.compactMap(variable).first { !$0.isEmpty }
        return locale?.hasPrefix("zh") == true ? .zh : .en
    }
}
