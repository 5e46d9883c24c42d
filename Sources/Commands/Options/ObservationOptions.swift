import ArgumentParser
import Kernel
import Sockets

extension Look.Method: Choice {}

/// How and where to look; the same for every command that looks.
struct ObservationOptions: ParsableArguments {
    @Option(
        name: [.customShort("N"), .customLong("netns")],
        help: ArgumentHelp(
            "all (default as root), own, a name of 'ip netns', pid:N or net:[INODE].",
            valueName: "netns"))
    var namespaces: String?

    @Option(
        name: .customLong("method"),
        help: ArgumentHelp(
            "eBPF iterators, sock_diag with /proc, or (auto, the default) by the size of the host.", valueName: "method"
        ))
    var givenMethod: Look.Method?

    @Option(
        help: ArgumentHelp("Write all raw inputs into an empty directory, for a bug report.", valueName: "dir"),
        completion: .directory)
    var record: String?

    @Option(help: ArgumentHelp("Look at a recording instead of this host.", valueName: "dir"), completion: .directory)
    var replay: String?

    var method: Look.Method { givenMethod ?? .auto }

    func wantedNamespaces(_ messages: Messages) throws -> Look.Namespaces {
        guard let namespaces else { return replay != nil || Surroundings.isRoot ? .all : .own }
        return try Look.Namespaces(parsing: namespaces, messages: messages)
    }

    /// A look that asks for what is common to the commands.
    func look(_ messages: Messages) throws -> Look {
        var look = Look()
        look.namespaces = try wantedNamespaces(messages)
        look.method = method
        return look
    }
}

extension Look.Namespaces {
    init(parsing text: String, messages: Messages) throws {
        switch text {
        case "all": self = .all
        case "own": self = .own
        case let text where text.hasPrefix("pid:"):
            guard let pid = Int32(text.dropFirst(4)), pid > 0 else {
                throw Failure(.usage, messages.badNamespace(text))
            }
            self = .process(pid)
        case let text where text.hasPrefix("net:["):
            guard text.hasSuffix("]"), let inode = UInt32(text.dropFirst(5).dropLast()) else {
                throw Failure(.usage, messages.badNamespace(text))
            }
            self = .inode(inode)
        // A name is a file of /run/netns: nothing that leaves it.
        case "", ".", "..": throw Failure(.usage, messages.badNamespace(text))
        case let text where text.contains("/"): throw Failure(.usage, messages.badNamespace(text))
        default: self = .named(text)
        }
    }
}
