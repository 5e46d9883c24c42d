import Glibc
import Sockets
import Testing

@testable import Kernel

@Suite struct SymbolizerTests {
    private let own = ProcessIdentity(pid: getpid(), command: "tests")

    @Test("an address in a library is named with its file and build")
    func library() throws {
        let address = try #require(dlsym(nil, "getppid").map { UInt64(UInt(bitPattern: $0)) })
        // A return address: behind the first instruction.
        let frame = try #require(Symbolizer().describe([address + 1], of: own).first)
        #expect(frame.symbol?.hasSuffix("getppid") == true)
        #expect(frame.symbolOffset == 1)
        #expect(frame.module?.contains("libc") == true)
        #expect(frame.buildID?.count == 40)
        #expect(frame.offset != nil && frame.offset != frame.address)
        #expect(frame.text.contains("getppid+0x1"))
    }

    @Test("an address that nothing is mapped at stays an address")
    func nowhere() throws {
        let frame = try #require(Symbolizer().describe([0x10], of: own).first)
        #expect(frame == StackFrame(address: 0x10))
        #expect(frame.text == "0x10")
    }

    @Test("a process that is not there leaves the addresses")
    func gone() {
        let symbolizer = Symbolizer()
        let nobody = ProcessIdentity(pid: .max, command: "gone")
        #expect(symbolizer.describe([1, 2], of: nobody) == [StackFrame(address: 1), StackFrame(address: 2)])
        #expect(symbolizer.runtime(of: nobody) == nil)
    }

    @Test("code that was compiled while it ran is named by the perf map that the process writes")
    func perfMap() throws {
        let path = "/tmp/perf-\(getpid()).map"
        let text =
            "20000000 100 LazyCompile:~old /app.js:1\n20000000 80 LazyCompile:*serve /srv/app.js:41\nbroken line\n30000000 zz x\n"
        let file = try #require(fopen(path, "w"))
        fputs(text, file)
        fclose(file)
        defer { unlink(path) }
        let frames = Symbolizer().describe([0x2000_0011, 0x2000_0090], of: own)
        #expect(frames.first?.text == "LazyCompile:*serve /srv/app.js:41+0x11")
        #expect(frames.last?.symbol == nil)
    }

    static let frames: [(StackFrame, String)] = {
        var frame = StackFrame(address: 0x7f00)
        var all = [(frame, "0x7f00")]
        (frame.module, frame.offset) = ("/lib/libfoo.so", 0x30)
        all.append((frame, "libfoo.so+0x30"))
        (frame.symbol, frame.symbolOffset) = ("accept4", 0x4e)
        all.append((frame, "libfoo.so!accept4+0x4e"))
        (frame.file, frame.line) = ("/src/main.c", 88)
        all.append((frame, "accept4+0x4e (main.c:88)"))
        return all
    }()

    @Test("a frame says as much as is known", arguments: frames)
    func text(frame: StackFrame, text: String) {
        #expect(frame.text == text)
    }

    @Test("the place is the program's own function, and an interpreted one before its interpreter's")
    func place() {
        func frame(_ module: String?, _ symbol: String?) -> StackFrame {
            var frame = StackFrame(address: 1)
            (frame.module, frame.symbol) = (module, symbol)
            return frame
        }
        let library = frame("/lib/libc.so.6", "accept4")
        let native = frame("/usr/bin/app", "serve")
        #expect(StackFrame.place(of: [library, native])?.text == "app!serve")
        #expect(StackFrame.place(of: [library])?.text == "libc.so.6!accept4")
        #expect(StackFrame.place(of: []) == nil)
        let python = frame(nil, "py::Server.handle:/srv/app/server.py")
        #expect(
            StackFrame.place(of: [library, native, frame(nil, "stub"), python])?.text == "Server.handle (server.py)")
        #expect(Recollection.Stack([library, native]).frames == ["libc.so.6!accept4", "app!serve"])
    }
}
