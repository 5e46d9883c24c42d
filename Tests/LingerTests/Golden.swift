import Foundation
import Testing

/// Outputs kept as files under Golden/. `LINGER_UPDATE_GOLDEN=1 swift test` writes them anew: read the difference
/// before it is committed.
enum Golden {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")

    static func expect(
        _ text: String, is name: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let file = folder.appending(path: name)
        if ProcessInfo.processInfo.environment["LINGER_UPDATE_GOLDEN"] == "1" {
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
        let kept = try String(contentsOf: file, encoding: .utf8)
        #expect(text == kept, "Golden/\(name)", sourceLocation: sourceLocation)
    }
}
