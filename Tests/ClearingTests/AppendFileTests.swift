import Foundation
import Kernel
import Testing

@testable import Clearing

@Suite struct AppendFileTests {
    @Test("a file that has grown is kept under a number, and the oldest goes")
    func rotation() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/record"
        for number in 1...5 {
            let file = try AppendFile(path: path, rotateAt: 4, keep: 3)
            try file.append(Array("run \(number)\n".utf8))
        }
        func text(_ name: String) -> String? { try? String(contentsOfFile: path + name, encoding: .utf8) }
        #expect(text("") == "run 5\n")
        #expect(text(".1") == "run 4\n" && text(".2") == "run 3\n" && text(".3") == "run 2\n")
        #expect(text(".4") == nil)
    }

    @Test("a file that is small grows on, and nobody else may read it")
    func growth() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/a/b/record"
        for _ in 1...3 { try AppendFile(path: path, rotateAt: 1000, keep: 3).append(Array("line\n".utf8)) }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "line\nline\nline\n")
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test("a symbolic link in its place is refused")
    func link() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createSymbolicLink(atPath: folder.path + "/record", withDestinationPath: "/dev/null")
        #expect(throws: KernelError.self) {
            _ = try AppendFile(path: folder.path + "/record", rotateAt: 1, keep: 1)
        }
    }

    @Test("batches and rates bound how many are done at once and how long a batch takes")
    func pace() {
        var pace = Pace()
        #expect(pace.chunk == .max && pace.length(of: 1000) == 0)
        pace.batch = 100
        pace.every = 5
        #expect(pace.chunk == 100 && pace.length(of: 100) == 5)
        pace.perSecond = 40
        #expect(pace.chunk == 10 && pace.length(of: 10) == 5)
        pace.batch = nil
        #expect(pace.chunk == 10 && pace.length(of: 10) == 0.25)
    }
}
