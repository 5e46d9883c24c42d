import ArgumentParser

@main
struct Linger: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "linger", abstract: "Finds and explains TCP connections that pile up.")
}
