import Kernel
import Sockets

/// What a command line of `linger top` asks for, checked, before the terminal is touched.
struct TopPlan: Sendable {
    let filter: Filter
    let look: Look
    /// Seconds from one look to the next, at least.
    let every: Double
    let hasColor: Bool
    /// `--netns` as it was given.
    let namespace: String?
    let messages: Messages

    init(_ command: TopCommand, _ messages: Messages, resolver: NameResolver = .host) throws {
        self.messages = messages
        do {
            filter = try Filter(parsing: command.filter, resolver: resolver)
        } catch {
            throw Failure(.usage, error.message(language: messages.language) + "\n" + error.marked)
        }
        guard command.every >= 0.2, command.every <= 3600 else {
            throw Failure(.usage, messages.topBadEvery(command.every))
        }
        every = command.every
        hasColor = command.screenOptions.screen.hasColor && !command.noColor
        namespace = command.namespaces
        var look = Look()
        look.namespaces =
            if let namespaces = command.namespaces {
                try Look.Namespaces(parsing: namespaces, messages: messages)
            } else if Surroundings.isRoot {
                .all
            } else {
                .own
            }
        // MPTCP connections are counted by their subflows.
        look.mptcp = false
        if command.ipv4 != command.ipv6 {
            look.ipv4 = command.ipv4
            look.ipv6 = command.ipv6
        }
        self.look = look
    }
}
