import ArgumentParser
import Kernel
import Sockets
@main
struct Linger: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "linger", abstract: "Finds and explains TCP connections that pile up.")
    @Argument var method: String
    @Option var record: String?
    @Option var replay: String?
    @Flag var v = false
    @Flag var all = false
    func run() throws {
        var l = Look(); l.method = Look.Method(rawValue: method)!; l.limits = true; l.closedSockets = true; l.namespaces = all ? .all : .own
        let s = try Observer(replay: replay, record: record).look(l)
        print(s.connections.count, s.holders.count, s.processes.count, s.closedSockets.count, s.gaps, s.socketSource, s.namespaces.count)
        if v { for c in s.connections { print(c.state, c.local.port, c.remote.port, c.receiveQueue, c.sendQueue, c.timer, c.holding, c.keepalive as Any, c.inode, c.uid as Any, c.info, c.memory, c.ageAtLeast as Any) }
          dump(s.processes); dump(s.limits); dump(s.namespaces); print(s.closedSockets) }
    }
}
