import Foundation

/// How a program ended and what it wrote.
struct Outcome: Sendable, CustomStringConvertible {
    var arguments: [String]
    var exit: Child.Exit
    var output: String
    var errors: String

    init(of arguments: [String]) throws {
        self.arguments = arguments
        var child = try Child(arguments)
        child.closeInput()
        let written = child.readAll()
        exit = child.wait()
        output = String(decoding: written.output, as: UTF8.self)
        errors = String(decoding: written.errors, as: UTF8.self)
    }

    /// What it wrote to stdout as JSON. An error carries everything that a person needs to see why it is none.
    func json<Value: Decodable>(_ type: Value.Type) throws -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(output.utf8))
        } catch {
            throw HarnessError("\(error) in the output of\n\(self)")
        }
    }

    var description: String {
        "\(arguments.joined(separator: " "))\nended with \(exit)\n\(errors)\n\(output.prefix(4000))"
    }
}
