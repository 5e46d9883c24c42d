import Sockets
import TCP

/// Colour and weight on a terminal (SGR, ECMA-48). `off` writes nothing.
enum Style: Sendable {
    case plain, bold, dim, red, yellow, green, cyan

    var sequence: StaticString {
        switch self {
        case .plain: ""
        case .bold: "\u{1b}[1m"
        case .dim: "\u{1b}[2m"
        case .red: "\u{1b}[31m"
        case .yellow: "\u{1b}[33m"
        case .green: "\u{1b}[32m"
        case .cyan: "\u{1b}[36m"
        }
    }

    static let reset: StaticString = "\u{1b}[0m"

    /// States that pile up stand out; those that pass are dim.
    init(_ state: State) {
        self =
            switch state {
            case .closeWait: .red
            case .finWait1, .finWait2, .closing, .lastAck, .synSent, .synReceived: .yellow
            case .timeWait, .closed: .dim
            case .established: .green
            case .listen: .cyan
            }
    }
}

/// How text for people is laid out.
struct Screen: Sendable {
    /// Columns are padded. Off a terminal they are separated by a tab.
    var isAligned: Bool
    var hasColor: Bool
    /// Cells in a line, for paragraphs.
    var width: Int
    /// Cells in a line of the terminal: what may be cut is cut there. `nil` off a terminal, where nothing is.
    var lineLimit: Int?

    static let plain = Screen(isAligned: false, hasColor: false, width: 80)

    func paint(_ text: String, _ style: Style) -> String {
        hasColor ? "\(style.sequence)\(text)\(Style.reset)" : text
    }
}
