import ArgumentParser
import Kernel
import Lab

struct CrowdCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "crowd", abstract: "Makes a pile of real connections.")

    @Argument var pile: String?
    @Option var count: Int?

    func run() throws {
        var options = CrowdOptions()
        options.count = count
        let pile = try CrowdPile.named(pile ?? "")
        let crowd = try Crowd(pile, options)
        print(crowd.promise, OwnProcess.pid)
        let watch = try HoldWatch(watchesInput: false)
        while try watch.wait(milliseconds: 100) == .timePassed { _ = crowd.tick() }
        crowd.end()
    }
}
