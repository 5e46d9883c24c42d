import Glibc
import Sockets
import Synchronization
import Testing

@testable import Kernel

@Suite("the socket of a daemon")
struct RecollectionServerTests {
    /// A folder that goes with the value.
    private final class Folder {
        let path: String

        init() throws {
            var template = Array("/tmp/linger-socket-XXXXXX".utf8CString)
            guard mkdtemp(&template) != nil else { throw KernelError.system("mkdtemp") }
            path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        }

        deinit {
            for name in (try? listFolder(path + "/run")) ?? [] { unlink(path + "/run/" + name) }
            rmdir(path + "/run")
            rmdir(path)
        }

        var socket: String { path + "/run/linger.sock" }
    }

    @Test("one question is one answer, the file is its owner's alone, and goes at the end")
    func answers() throws {
        let folder = try Folder()
        let asked = Atomic(0)
        let large = [UInt8](repeating: 7, count: 3_000_000)
        let server = try RecollectionServer(path: folder.socket) {
            asked.add(1, ordering: .relaxed)
            return large
        }
        var status = stat()
        #expect(lstat(folder.socket, &status) == 0 && status.st_mode & 0o777 == 0o600)
        for _ in 0..<3 { #expect(try RecollectionClient.ask(folder.socket) == large) }
        #expect(asked.load(ordering: .relaxed) == 3)
        server.stop()
        #expect(lstat(folder.socket, &status) != 0)
        server.stop()
    }

    @Test("where nobody listens, that is told from a failure")
    func nobody() throws {
        let folder = try Folder()
        #expect { try RecollectionClient.ask(folder.socket) } throws: { ($0 as? KernelError)?.isNobody == true }
        try leaveBehind(folder)
        #expect { try RecollectionClient.ask(folder.socket) } throws: { ($0 as? KernelError)?.isNobody == true }
    }

    @Test("a file that a dead daemon left behind is replaced, and one that somebody answers on is not")
    func leftBehind() throws {
        let folder = try Folder()
        try leaveBehind(folder)
        let server = try RecollectionServer(path: folder.socket) { [1] }
        #expect { try RecollectionServer(path: folder.socket) { [2] } } throws: {
            ($0 as? KernelError)?.description.contains("answers there already") == true
        }
        #expect(try RecollectionClient.ask(folder.socket) == [1])
        server.stop()
    }

    @Test("a file that is no socket is left alone")
    func noSocket() throws {
        let folder = try Folder()
        mkdir(folder.path + "/run", 0o700)
        let file = open(folder.socket, O_CREAT | O_WRONLY, 0o600)
        #expect(write(file, "kept", 4) == 4)
        close(file)
        #expect(throws: KernelError.self) { try RecollectionServer(path: folder.socket) { [1] } }
        #expect(try readFile(folder.socket) == Array("kept".utf8))
    }

    @Test("a daemon that has nothing to say, hangs or dies is a clear error, and the next question is answered")
    func failures() throws {
        let folder = try Folder()
        let say = Mutex<[UInt8]?>(nil)
        let server = try RecollectionServer(path: folder.socket) { say.withLock { $0 } }
        #expect { try RecollectionClient.ask(folder.socket) } throws: {
            ($0 as? KernelError)?.description.contains("without an answer") == true
        }
        // Somebody who connects and asks nothing holds the others up for two seconds, and no longer.
        let idle = try UnixSocket.connected(to: folder.socket)
        say.withLock { $0 = [5] }
        #expect(try RecollectionClient.ask(folder.socket, seconds: 30) == [5])
        _ = idle
        server.stop()

        // Accepts by its backlog, and never reads.
        let hung = try UnixSocket.listening(at: folder.socket)
        #expect { try RecollectionClient.ask(folder.socket, seconds: 0.2) } throws: {
            ($0 as? KernelError)?.description.contains("did not answer within") == true
        }
        _ = hung
    }

    @Test("a path that no socket can have is refused in words")
    func badPath() {
        let long = "/tmp/" + String(repeating: "x", count: 200)
        #expect { try RecollectionClient.ask(long) } throws: {
            ($0 as? KernelError)?.description.contains("1 to 107 bytes") == true
        }
    }

    @Test("a desk hands a question to the thread that knows, and gives up in time")
    func desk() throws {
        let desk = Desk<Int>()
        let over = Atomic(false)
        let knowing = try Worker {
            while !over.load(ordering: .relaxed) {
                desk.answer { 42 }
                usleep(1000)
            }
        }
        #expect(desk.ask(milliseconds: 10_000) == 42)
        over.store(true, ordering: .relaxed)
        try knowing.join()
        #expect(desk.ask(milliseconds: 10) == nil)
        desk.answer { 1 }
        #expect(desk.ask(milliseconds: 4) == nil)
    }

    private func leaveBehind(_ folder: Folder) throws {
        mkdir(folder.path + "/run", 0o700)
        do { _ = try UnixSocket.listening(at: folder.socket) }
    }
}
