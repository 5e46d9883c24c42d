import Kernel
import Sockets

/// What both programs, `linger` and `linger-daemon`, do with a command line.
package enum Program {
    package static func main() {
        StandardStream.ignoreBrokenPipes()
        Surroundings.exit(Linger.status(of: Array(CommandLine.arguments.dropFirst())).rawValue)
    }
}
