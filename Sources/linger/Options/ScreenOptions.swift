import ArgumentParser
import Kernel

enum ColorChoice: String, CaseIterable, ExpressibleByArgument { case auto, always, never }

struct ScreenOptions: ParsableArguments {
    @Option(help: "auto: on a terminal, unless NO_COLOR is set.")
    var color = ColorChoice.auto

    /// How standard output shows text.
    var screen: Screen {
        let isTerminal = StandardStream.output.isTerminal
        let refuses = Surroundings.variable("NO_COLOR").map { !$0.isEmpty } ?? false
        return Screen(
            isAligned: isTerminal,
            hasColor: color == .always || color == .auto && isTerminal && !refuses,
            width: isTerminal ? min(max(StandardStream.output.width ?? 80, 40), 100) : 80)
    }
}
