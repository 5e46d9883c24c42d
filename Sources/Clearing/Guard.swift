/// What is left alone unless the user asks for it by a flag of its own. The raw value is the flag: `--even-listeners`.
package enum Guard: String, CaseIterable, Sendable {
    /// The filter could mean every connection: it is empty, or asks for states with `established` among them only.
    case everything = "even-everything"
    /// Sockets in LISTEN: the service would take no connection any more.
    case listeners = "even-listeners"
    /// The connection that this session came through (ssh): held by a process that this one descends from, or named by
    /// SSH_CONNECTION.
    case ownSession = "even-own-session"
    /// Sockets of this process itself.
    case ownSockets = "even-own-sockets"
    /// Sockets that process 1 holds.
    case firstProcess = "even-pid-1"
    /// Sockets that are younger in their state, or moved data more lately, than `--young`.
    case young = "even-young"
    /// Level `close` frees the number while the program still believes that it has it.
    case reuse = "even-reuse"
}
