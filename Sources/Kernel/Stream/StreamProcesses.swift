internal import Glibc
package import Sockets

/// What /proc tells of processes that the stream names.
package struct StreamProcesses: Sendable {
    private let reader: ProcessReader

    package init() {
        reader = ProcessReader(inputs: Inputs(mode: .live), host: HostFacts.live())
    }

    /// User, unit, container and command line; only what the stream told where the process is gone.
    package func record(of process: ProcessIdentity) -> ProcessRecord {
        if process.pid > 0, let record = reader.read(process.pid, details: true),
            process.startTicks == 0 || record.startTicks == process.startTicks
        {
            return record
        }
        var record = ProcessRecord(pid: process.pid, command: process.command)
        record.startTicks = process.startTicks
        return record
    }
}
