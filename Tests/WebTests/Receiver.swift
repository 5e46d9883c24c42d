import Foundation

/// Tests/Webhook/receiver.py: a real HTTP server that misbehaves as it is told.
final class Receiver {
    struct Request: Decodable {
        var path: String
        var headers: [String: String]
        var body: String
        var answer: String
    }

    let port: Int
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()

    init(_ answers: [String]) throws {
        let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Webhook/receiver.py").path
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", script] + answers
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        port = Int(try Self.line(from: output)) ?? 0
    }

    private static func line(from pipe: Pipe) throws -> String {
        var line: [UInt8] = []
        while let byte = try pipe.fileHandleForReading.read(upToCount: 1)?.first, byte != UInt8(ascii: "\n") {
            line.append(byte)
        }
        return String(decoding: line, as: UTF8.self)
    }

    /// Ends it. What it got.
    func end() throws -> [Request] {
        try input.fileHandleForWriting.write(contentsOf: Data("end\n".utf8))
        var requests: [Request] = []
        while case let line = try Self.line(from: output), line != "end", !line.isEmpty {
            requests.append(try JSONDecoder().decode(Request.self, from: Data(line.utf8)))
        }
        process.waitUntilExit()
        return requests
    }
}
