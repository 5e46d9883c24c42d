package import ArgumentParser
import Kernel
import Sockets

/// What both programs, `linger` and `linger-daemon`, do with a command line.
package enum Program {
    /// - Parameter perform: what the program does itself of `DaemonCommand`s; `nil` hands them over to `linger-daemon`.
    package static func main(performing perform: ((any DaemonCommand) throws -> Void)? = nil) {
        StandardStream.ignoreBrokenPipes()
        let arguments = Array(CommandLine.arguments.dropFirst())
        Surroundings.exit(Linger.status(of: arguments, performing: perform).rawValue)
    }
}

/// A command that `linger-daemon` runs: the database and the web server that it needs would make every start of `linger`
/// slower (docs/decisions/0012). `linger` reads the command line, helps with it, and hands it over.
package protocol DaemonCommand: ParsableCommand {}

extension DaemonCommand {
    package mutating func run() throws {
        do throws(KernelError) {
            try ProgramImage.replace(withNeighbour: "linger-daemon")
        } catch {
            throw Failure(error)
        }
        // It is not there, or this would not be reached.
        let messages = Messages(language: .ofEnvironment(Surroundings.variable))
        throw Failure(.usage, messages.noDaemonProgram(ProgramImage.folders(of: "linger-daemon")))
    }
}

extension Messages {
    func noDaemonProgram(_ folders: [String]) -> String {
        let places = folders.joined(separator: ", ")
        return switch language {
        case .en: "this command needs linger-daemon, and it is not in \(places): 'make install' puts it there"
        case .zh: "此命令需要 linger-daemon，但在 \(places) 中没有找到：请用 'make install' 安装"
        }
    }
}
