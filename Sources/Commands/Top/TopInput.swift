/// What happens to the screen.
enum TopInput: Sendable {
    case key(TopKeystroke)
    case resize(columns: Int, rows: Int)
    case sample(TopSample)
    /// A look that failed: what happened, to what.
    case failure(String)
}

enum TopKeystroke: Equatable, Sendable {
    case character(Character)
    case up, down, left, right, pageUp, pageDown, home, end
    case enter, escape, tab, backTab, backspace
}

/// What the driver has to do.
enum TopEffect: Equatable, Sendable {
    case draw
    case quit
}
