import CNcurses
import Kernel

/// The terminal as a screen, through ncurses. One at a time, on one thread.
///
/// Whoever makes it ends it: `end` brings the terminal back, and the end of the value does so too. A crash is seen to by
/// `TerminalGuard`, stopping and going on by `leave` and `enter`.
struct TopScreen: ~Copyable {
    private let hasColor: Bool
    private var isOpen = true

    /// - Throws: where the terminal is not known, before anything has changed.
    init(hasColor wanted: Bool, messages: Messages) throws {
        linger_curses_locale()
        guard linger_curses_knows_terminal() != 0, linger_curses_has_screen() != 0 else {
            throw Failure(.usage, messages.topUnknownTerminal(Surroundings.variable("TERM") ?? ""))
        }
        // Colours off, cursor on, the other screen back.
        let names: [String] = ["sgr0", "cnorm", "rmkx", "rmcup"]
        let ending = names.flatMap { (name: String) in Array(String(cString: linger_curses_sequence(name)).utf8) }
        TerminalGuard.begin(ending)
        guard linger_curses_start() != 0 else {
            TerminalGuard.end()
            throw Failure(.usage, messages.topUnknownTerminal(Surroundings.variable("TERM") ?? ""))
        }
        hasColor = wanted && has_colors()
        guard hasColor else { return }
        start_color()
        use_default_colors()
        for (pair, color) in Self.pairs { init_pair(pair, color, -1) }
    }

    deinit { if isOpen { Self.close() } }

    consuming func end() {
        Self.close()
        isOpen = false
    }

    private static func close() {
        endwin()
        TerminalGuard.end()
    }

    /// Gives the terminal back as it was, for a while.
    borrowing func leave() { endwin() }

    /// Takes it again, and draws everything anew.
    borrowing func enter() {
        linger_curses_redraw_all()
        linger_curses_show()
    }

    borrowing func resize(columns: Int, rows: Int) {
        resizeterm(Int32(clamping: rows), Int32(clamping: columns))
        linger_curses_redraw_all()
    }

    // MARK: Drawing

    /// Shows the cells: ncurses sends only what has changed.
    borrowing func show(_ grid: Grid) {
        linger_curses_erase()
        for row in 0..<grid.rows {
            for run in grid.runs(row: row) {
                // Blanks are what the screen was erased to.
                if !run.ink.isReversed, run.text.utf8.allSatisfy({ $0 == UInt8(ascii: " ") }) { continue }
                put(run.text, row: row, column: run.column, ink: run.ink)
            }
        }
        linger_curses_show()
    }

    private borrowing func put(_ text: String, row: Int, column: Int, ink: Ink) {
        linger_curses_ink(
            hasColor ? Self.pair(ink.style) : 0, ink.isBold || ink.style == .bold ? 1 : 0,
            // Dim on a bar could not be read.
            ink.style == .dim && !ink.isReversed ? 1 : 0, ink.isReversed ? 1 : 0)
        var wide = text.unicodeScalars.map { wchar_t(bitPattern: $0.value) }
        wide.append(0)
        linger_curses_put(Int32(row), Int32(column), wide)
    }

    private static let pairs: [(Int16, Int16)] = [
        (1, Int16(LINGER_RED)), (2, Int16(LINGER_YELLOW)), (3, Int16(LINGER_GREEN)),
        (4, Int16(LINGER_CYAN)),
    ]

    private static func pair(_ style: Style) -> Int16 {
        switch style {
        case .plain, .bold, .dim: 0
        case .red: 1
        case .yellow: 2
        case .green: 3
        case .cyan: 4
        }
    }

    // MARK: Keys

    /// The next key that waits; `nil` for none.
    borrowing func key() -> TopKeystroke? {
        while true {
            var character: wint_t = 0
            switch Int(linger_curses_read(&character)) {
            case LINGER_KEY_CODE:
                if let key = Self.keys[Int(character)] { return key }
            case LINGER_OK:
                return Self.key(character)
            default: return nil
            }
        }
    }

    private static func key(_ character: wint_t) -> TopKeystroke? {
        switch character {
        case 0x0d, 0x0a: .enter
        case 0x1b: .escape
        case 0x09: .tab
        case 0x7f, 0x08: .backspace
        default: UnicodeScalar(UInt32(character)).map { .character(Character($0)) }
        }
    }

    private static let keys: [Int: TopKeystroke] = [
        LINGER_KEY_DOWN: .down, LINGER_KEY_UP: .up, LINGER_KEY_LEFT: .left,
        LINGER_KEY_RIGHT: .right, LINGER_KEY_HOME: .home, LINGER_KEY_END: .end,
        LINGER_KEY_NEXT_PAGE: .pageDown, LINGER_KEY_PREVIOUS_PAGE: .pageUp,
        LINGER_KEY_BACKSPACE: .backspace, LINGER_KEY_ENTER: .enter,
        LINGER_KEY_BACK_TAB: .backTab,
    ]
}
