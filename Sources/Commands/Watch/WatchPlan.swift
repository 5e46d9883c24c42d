import Kernel
import Sockets
import TCP

/// What a command line of `linger watch` asks for, checked, before anything is watched.
struct WatchPlan {
    enum Shown: Sendable, Equatable {
        case transitions
        case lives
        /// Seconds between two tables.
        case summary(Double)
    }

    let shown: Shown
    let filter: Filter
    let follow: Int32?
    /// Seconds; `nil` until somebody ends it.
    let duration: Double?
    let format: WatchFormat
    let hasHeader: Bool
    let showsStacks: Bool
    let stream: StreamOptions
    let look: Look
    let screen: Screen
    let messages: Messages

    init(_ command: WatchCommand, _ messages: Messages, resolver: NameResolver = .host) throws {
        self.messages = messages
        do {
            filter = try Filter(parsing: command.filter, resolver: resolver)
        } catch {
            throw Failure(.usage, error.message(language: messages.language) + "\n" + error.marked)
        }
        if let condition = filter.lookConditions.first {
            throw Failure(.usage, messages.notInStream(condition))
        }
        shown = try Self.shown(command, messages)
        if let seconds = command.for, !(seconds > 0 && seconds <= 1e9) {
            throw Failure(.usage, messages.badSeconds("--for", seconds))
        }
        if let pid = command.follow, pid <= 0 { throw Failure(.usage, messages.badFollow(pid)) }
        guard (4...1_048_576).contains(command.buffer), command.buffer.nonzeroBitCount == 1 else {
            throw Failure(.usage, messages.badBuffer(command.buffer))
        }
        guard command.every >= 0.1, command.every <= 86_400 else {
            throw Failure(.usage, messages.badSeconds("--every", command.every))
        }
        follow = command.follow
        duration = command.for
        format = command.format
        hasHeader = !command.noHeader
        showsStacks = command.stacks
        screen = command.screenOptions.screen

        var look = Look()
        look.namespaces = try Look.Namespaces(parsing: command.namespaces, messages: messages)
        look.processDetails = filter.needsProcessDetails
        look.mptcp = false
        let families =
            command.ipv4 == command.ipv6
            ? filter.families : filter.families.intersection([command.ipv4 ? .ipv4 : .ipv6])
        look.ipv4 = families.contains(.ipv4)
        look.ipv6 = families.contains(.ipv6)
        self.look = look

        var stream = StreamOptions()
        do {
            stream.namespace = try StreamPlace.inode(of: look.namespaces)
        } catch {
            throw Failure(error)
        }
        stream.method = command.method
        stream.every = UInt64(command.every * 1e9)
        stream.bounds = filter.bounds
        // All states, whatever the filter asks for: since when a connection is in one, and whose it is, is told before.
        stream.ipv4 = look.ipv4
        stream.ipv6 = look.ipv6
        stream.stacks = command.stacks
        if case .transitions = shown { stream.courses = false } else { stream.courses = true }
        stream.bufferSize = command.buffer * 1024
        self.stream = stream
    }

    private static func shown(_ command: WatchCommand, _ messages: Messages) throws(Failure) -> Shown {
        guard let seconds = command.summary else { return command.lives ? .lives : .transitions }
        if command.lives { throw Failure(.usage, messages.livesAndSummary) }
        guard seconds >= 0.1, seconds <= 86_400 else {
            throw Failure(.usage, messages.badSeconds("--summary", seconds))
        }
        return .summary(seconds)
    }
}
