import ArgumentParser
import Kernel

struct Linger: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "linger",
        abstract: "Finds and explains TCP connections that pile up.",
        discussion: """
            EXAMPLES
              linger doctor                     what is wrong on this host, and what to do
              linger list state close-wait      who does not close what the peer closed
              linger list --group-by process    who has how many, in which states
              linger top                        the same, live on a screen
              linger explain CLOSE_WAIT         what a state means and why it piles up
              linger lab crowd close-wait       a real pile to try all this on

            Run as root to see all processes and network namespaces. See linger(8).
            """,
        version: lingerVersion,
        subcommands: [
            DoctorCommand.self, ListCommand.self, TopCommand.self, WatchCommand.self, HistoryCommand.self,
            ClearCommand.self, TuneCommand.self, ExplainCommand.self, ServeCommand.self, ConfigCommand.self,
            LabCommand.self,
        ])

    /// Runs a command line. The one place where errors are printed and become an exit code.
    static func status(of arguments: [String]) -> ExitStatus {
        let arguments = Habits.commandFirst(arguments)
        do {
            var command = try parseAsRoot(arguments)
            try command.run()
            return .success
        } catch let failure as Failure {
            Notes.error(failure.message)
            return failure.status
        } catch let status as ExitStatus {
            return status
        } catch is Output.ReaderGone {
            return .success
        } catch {
            return report(error, arguments)
        }
    }

    /// ArgumentParser's own: help and version asked for, or a command line that it does not understand.
    private static func report(_ error: any Error, _ arguments: [String]) -> ExitStatus {
        let messages = Messages(language: .ofEnvironment(Surroundings.variable))
        let text = fullMessage(for: error)
        guard exitCode(for: error).isSuccess else {
            let hint = Habits.outputHint(arguments, messages)
            Notes.error(hint ?? (text.hasPrefix("Error: ") ? String(text.dropFirst(7)) : text))
            return .usage
        }
        do {
            var output = Output(messages: messages)
            output.buffer.append(string: text + "\n")
            try output.flush()
        } catch let failure as Failure {
            Notes.error(failure.message)
            return failure.status
        } catch {
            // The reader is gone, and that is no failure.
        }
        return .success
    }
}
