import ArgumentParser
import Kernel

enum ColorChoice: String, Choice { case auto, always, never }

struct ScreenOptions: ParsableArguments {
    @Option(
        name: .customLong("color"),
        help: ArgumentHelp("auto (the default): on a terminal, unless NO_COLOR is set.", valueName: "color"))
    var givenColor: ColorChoice?

    private var color: ColorChoice { givenColor ?? .auto }

    /// How standard output shows text.
    var screen: Screen {
        screen(
            isTerminal: StandardStream.output.isTerminal, columns: StandardStream.output.width,
            noColor: Surroundings.variable("NO_COLOR"))
    }

    /// - Parameters:
    ///   - columns: of the terminal, where it tells.
    ///   - noColor: the variable `NO_COLOR` (no-color.org); empty counts as not set.
    func screen(isTerminal: Bool, columns: Int?, noColor: String?) -> Screen {
        let refuses = noColor.map { !$0.isEmpty } ?? false
        let cells = max(columns ?? 80, 40)
        return Screen(
            isAligned: isTerminal,
            hasColor: color == .always || color == .auto && isTerminal && !refuses,
            width: isTerminal ? min(cells, 100) : 80, lineLimit: isTerminal ? cells : nil)
    }
}
