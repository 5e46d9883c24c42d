import ArgumentParser
import Kernel
import Sockets
import TCP

struct WatchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "watch", abstract: "Shows transitions live.")

    func run() throws {
        let interruption = try Interruption()
        let stream = try ConnectionStream(StreamOptions())
        while !interruption.isPending {
            try stream.read { event in
                switch event {
                case .transition(let one): print(one.time, one.cookie, one.old.name, one.new.name, one.local.port, one.remote.port)
                case .opening(let one): print(one.cookie, one.way, one.process.command, one.process.pid, one.descriptor as Any)
                }
            }
            stream.wait(milliseconds: 100, interruption)
        }
        print(try stream.counts(), stream.acceptFailure as Any)
    }
}
