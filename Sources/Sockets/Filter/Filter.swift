/// Which connections are wanted: the filter language of `ss`, word for word, with Linger's own conditions.
///
/// As in ss: `state`, `exclude`, `src`, `dst`, `sport`, `dport`, `dev`, `fwmark`, `cgroup`, `autobound`, joined by `and`,
/// `or`, `not` and parentheses (`FilterParser` has the grammar). Linger's own:
///
/// | condition | true where |
/// |---|---|
/// | `pid = N`, `process = NAME` | a process that holds the connection has the number, the name (`comm`) |
/// | `user = NAME\|UID` | a process that holds it runs as the user; without holder: its owner is the user |
/// | `unit = NAME` | a process that holds it belongs to the systemd unit, with or without `.service` |
/// | `container = ID\|NAME` | … to the container, or to the Kubernetes pod, whose id begins so or whose name it is |
/// | `netns = NAME\|INODE` | it is in the network namespace |
/// | `age > 10m`, `idle > 1h` | it was longer than that in its state; no data moved for longer than that |
/// | `recv-q > 4k`, `send-q > 0` | bytes; of a listener, the connections that wait and the backlog |
/// | `unaccepted`, `orphan` | its process has not called accept; has closed it |
/// | `shared` | more than one process holds it |
///
/// In names of processes, units, containers and namespaces `*` and `?` stand for anything.
///
/// A comparison with something unknown is false, whether by `=` or by `!=`: `unit != nginx` lists what is known to be
/// held by others. `not unit = nginx` is true for the unknown too.
///
/// Ages are lower bounds in all states but TIME_WAIT (`Connection.ageAtLeast`): a comparison is true where it holds for
/// every age from there on. `age > 10m` can be, `age < 10m` and `age = 10m` are unknown, and so false.
package struct Filter: Sendable, Hashable {
    /// The words as they were given, joined by spaces.
    package let text: String
    let program: FilterProgram

    /// The states that can match: exact where the filter asks for states alone, else a superset. Ask the kernel for these.
    package let states: StateSet
    /// The families of sockets that can match: narrower than both only by `inet:` and `inet6:`, which hold for the whole
    /// filter, as in ss.
    package let families: Set<IPAddress.Family>
    /// It has a `state` or `exclude`. Without one, ss shows what is connected and the command decides.
    package let namesStates: Bool
    /// Matching needs to know who holds each connection.
    package let needsHolders: Bool
    /// Matching needs users, units or containers of the holders.
    package let needsProcessDetails: Bool
    /// Matching needs the namespaces' port ranges.
    package let needsLimits: Bool

    /// - Parameter words: arguments of the command, or one quoted string. None at all matches every connection.
    package init(parsing words: [String], resolver: NameResolver) throws(FilterSyntaxError) {
        var parser = try FilterParser(words, resolver: resolver)
        states = try parser.parse()
        text = parser.text
        program = parser.program
        families = parser.families.isEmpty ? [.ipv4, .ipv6] : parser.families
        namesStates = parser.namesStates
        let conditions = program.conditions
        needsHolders = conditions.contains { $0.needsHolders }
        needsProcessDetails = conditions.contains { $0.needsProcessDetails }
        needsLimits = conditions.contains(.autobound)
    }

    /// Matches every connection.
    package var isEmpty: Bool { program.steps.isEmpty }

    /// Whether one connection of the snapshot matches. For many, prepare once.
    package func matches(_ connection: Connection, in snapshot: Snapshot) -> Bool {
        prepared(for: snapshot).matches(connection)
    }

    /// The filter with every name looked up in the snapshot.
    package func prepared(for snapshot: Snapshot) -> PreparedFilter { PreparedFilter(self, snapshot) }
}
