package import Sockets

/// What is known of a process beside its number, start and name. Other rows name a process by its identity alone; it
/// need not have such a row.
package struct ProcessRow: Sendable, Hashable {
    package var identity: ProcessIdentity
    package var commandLine: String?
    package var user: String?
    package var unit: String?
    /// The container's id.
    package var container: String?

    package init(
        _ identity: ProcessIdentity, commandLine: String? = nil, user: String? = nil, unit: String? = nil,
        container: String? = nil
    ) {
        self.identity = identity
        self.commandLine = commandLine
        self.user = user
        self.unit = unit
        self.container = container
    }

    package init(_ record: ProcessRecord) {
        self.init(
            ProcessIdentity(pid: record.pid, startTicks: record.startTicks ?? 0, command: record.command),
            commandLine: record.commandLine, user: record.user ?? record.uid.map { String($0) }, unit: record.unit,
            container: record.container?.id)
    }
}
