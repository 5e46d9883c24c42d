import ArgumentParser
import Kernel
import Lab

/// What a process of `linger lab crowd` runs: started by it alone.
struct CrowdProcessCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "crowd-process", abstract: "A process of 'linger lab crowd'.", shouldDisplay: false)

    @Flag var shares = false

    func run() throws {
        // What started it gave it a name of its own.
        let name = CommandLine.arguments.first ?? ""
        do throws(KernelError) {
            try CrowdMember.run(
                named: name, shares: shares, order: { readLine() }, answer: { StandardStream.output.write(line: $0) })
        } catch {
            throw Failure(.usage, "\(name): \(error)")
        }
    }
}
