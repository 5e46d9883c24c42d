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
        var line: [UInt8] = []
        while let byte = try output.fileHandleForReading.read(upToCount: 1)?.first, byte != UInt8(ascii: "\n") {
            line.append(byte)
        }
        port = Int(String(decoding: line, as: UTF8.self)) ?? 0
    }

    /// Ends it. What it got.
    func end() throws -> [Request] {
        try input.fileHandleForWriting.close()
        let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return try bytes.split(separator: UInt8(ascii: "\n")).map { try JSONDecoder().decode(Request.self, from: $0) }
    }
}
