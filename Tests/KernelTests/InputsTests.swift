import Foundation
import Glibc
import Sockets
import Testing

@testable import Kernel

@Suite("inputs of a look: recorded and replayed")
struct InputsTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private var recording: Inputs { Inputs(mode: .record(folder.path)) }
    private var replay: Inputs { Inputs(mode: .replay(folder.path)) }

    private func bytes(_ inputs: Inputs, _ key: String, _ live: [UInt8] = []) throws(KernelError) -> [UInt8] {
        try inputs.bytes(key) { () throws(KernelError) in live }
    }

    private func stream(_ inputs: Inputs, _ key: String, _ pieces: [[UInt8]], code: Int32 = 0) throws(KernelError)
        -> [UInt8]
    {
        let found = Collected()
        try inputs.stream(
            key,
            live: { (consume) throws(KernelError) in
                for piece in pieces { piece.withUnsafeBytes { consume($0) } }
                if code != 0 { throw KernelError(call: "recv", subject: key, code: code) }
            }, consume: { found.bytes += Array($0) })
        return found.bytes
    }

    private final class Collected { var bytes: [UInt8] = [] }

    @Test("what was recorded is replayed, without asking the host again")
    func roundTrip() throws {
        let inputs = recording
        #expect(try bytes(inputs, "proc/1/stat", [1, 2, 3]) == [1, 2, 3])
        #expect(try bytes(inputs, "empty", []) == [])
        #expect(try stream(inputs, "netns/4/iter.tcp", [[1, 2], [], [3]]) == [1, 2, 3])
        #expect(try stream(inputs, "nothing", []) == [])
        #expect(inputs.damage == nil)
        try inputs.finishRecording()
        #expect(
            try String(decoding: folder.read("manifest"), as: UTF8.self)
                == "0 empty\n3 netns/4/iter.tcp\n0 nothing\n3 proc/1/stat\nend\n")

        let again = replay
        #expect(try bytes(again, "proc/1/stat", [9]) == [1, 2, 3])
        #expect(try bytes(again, "empty", [9]) == [])
        #expect(try stream(again, "netns/4/iter.tcp", [[9]]) == [1, 2, 3])
        #expect(try stream(again, "nothing", [[9]]) == [])
        #expect(again.damage == nil)
    }

    @Test("live, nothing is written")
    func live() throws {
        let inputs = Inputs(mode: .live)
        #expect(try bytes(inputs, "a", [1]) == [1])
        try inputs.finishRecording()
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
        #expect(!inputs.isReplay && inputs.damage == nil)
    }

    @Test("an input that failed fails in the same way again", arguments: [EACCES, ENOENT, EPERM, EIO])
    func errors(code: Int32) throws {
        let inputs = recording
        #expect(throws: KernelError(call: "open", subject: "/proc/1/stat", code: code)) {
            try inputs.bytes("proc/1/stat") { () throws(KernelError) in
                throw KernelError(call: "open", subject: "/proc/1/stat", code: code)
            }
        }
        #expect(throws: KernelError(call: "recv", subject: "dump", code: code)) {
            try stream(inputs, "dump", [[1, 2]], code: code)
        }
        try inputs.finishRecording()
        let again = replay
        #expect(throws: KernelError(call: "open", subject: "/proc/1/stat", code: code)) {
            try bytes(again, "proc/1/stat")
        }
        // What came before the error is no input.
        #expect(throws: KernelError(call: "open", subject: "/dump", code: code)) { try stream(again, "dump", []) }
        #expect(again.damage == nil)
    }

    @Test("a dump that is taken again counts once")
    func again() throws {
        let inputs = recording
        #expect(try stream(inputs, "dump", [[1, 2, 3, 4]]) == [1, 2, 3, 4])
        #expect(try stream(inputs, "dump", [[5]]) == [5])
        try inputs.finishRecording()
        let again = replay
        #expect(try stream(again, "dump", []) == [5])
        #expect(again.damage == nil)
    }

    @Test("an input that was not recorded is missing, and not an empty host")
    func notRecorded() throws {
        try recording.finishRecording()
        let again = replay
        let error = #expect(throws: KernelError.self) { try bytes(again, "proc/1/stat") }
        #expect(error?.isReplay == true && error?.code == ENOENT)
    }

    @Test("a file that was cut, grew or was lost is named", arguments: [[], [1], [1, 2, 3, 4, 5], nil] as [[UInt8]?])
    func damage(left: [UInt8]?) throws {
        let inputs = recording
        _ = try bytes(inputs, "proc/1/stat", [1, 2, 3])
        try inputs.finishRecording()
        if let left {
            try folder.write(left, to: "proc/1/stat")
        } else {
            try FileManager.default.removeItem(atPath: folder.path + "/proc/1/stat")
        }
        let again = replay
        let error = #expect(throws: KernelError.self) { try bytes(again, "proc/1/stat") }
        #expect(error?.isReplay == true)
        let damage = try #require(again.damage)
        #expect(damage.subject == "proc/1/stat")
        #expect(damage.hint.contains("recorded with 3"))
    }

    @Test(
        "a recording without a manifest, or with one cut, is said to be unfinished",
        arguments: [nil, "", "3 proc/1/stat\n"])
    func unfinished(manifest: String?) throws {
        try folder.write([1, 2, 3], to: "proc/1/stat")
        if let manifest { try folder.write(manifest, to: "manifest") }
        let again = replay
        // What is there can be read all the same.
        #expect(try bytes(again, "proc/1/stat") == [1, 2, 3])
        #expect(again.damage?.subject == "manifest")
    }

    @Test(
        "a manifest that is no manifest is no crash",
        arguments: ["x y\nend\n", " \nend\n", "-1 a\nend\n", "99999999999999999999 a\nend\n", "end\nend\n"])
    func hostileManifest(manifest: String) throws {
        try folder.write([1], to: "b")
        try folder.write(manifest, to: "manifest")
        #expect(try bytes(replay, "b") == [1])
    }

    @Test("an error that the recording tells badly is a missing input", arguments: ["", "x", "-1", "0", "99999999999"])
    func hostileErrno(text: String) throws {
        try folder.write(text, to: "a.errno")
        let error = #expect(throws: KernelError.self) { try bytes(replay, "a") }
        #expect(error?.isReplay == true)
    }

    @Test("a full disk is an error that names the file, and the look itself goes on")
    func fullDisk() throws {
        for key in ["a", "b"] {
            try FileManager.default.createSymbolicLink(
                atPath: "\(folder.path)/\(key)", withDestinationPath: "/dev/full")
        }
        let inputs = recording
        #expect(try bytes(inputs, "a", [1]) == [1])
        #expect(try stream(inputs, "b", [[1], [2]]) == [1, 2])
        let error = #expect(throws: KernelError.self) { try inputs.finishRecording() }
        #expect(error?.call == "write" && error?.code == ENOSPC)
        #expect(error?.subject == folder.path + "/a")
        #expect(error?.hint.isEmpty == false)
    }

    @Test("a folder that cannot be made is an error that names it")
    func noFolder() throws {
        try folder.write("", to: "proc")
        let inputs = recording
        #expect(try bytes(inputs, "proc/1/stat", [1]) == [1])
        let error = #expect(throws: KernelError.self) { try inputs.finishRecording() }
        #expect(error?.code == ENOTDIR)
        #expect(error?.subject == folder.path + "/proc/1/stat")
    }

    @Test("facts of the host survive a recording")
    func hostFacts() throws {
        let facts = HostFacts(
            time: 1, monotonic: 2, boottime: 3, host: "web-1", kernel: "6.18.0", observer: 4, pageSize: 5,
            ticksPerSecond: 6, hertz: 7, namespace: 8, seesAllProcesses: true, isProcOurs: true)
        #expect(try HostFacts(decoding: facts.encoded) == facts)
        var changed = facts
        changed.seesAllProcesses = false
        #expect(try HostFacts(decoding: changed.encoded) == changed)
        let error = #expect(throws: KernelError.self) { try HostFacts(decoding: Array("time 1\n".utf8)) }
        #expect(error?.hint.contains("monotonic") == true)
    }
}

@Suite("a look at a folder")
struct ObserverTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("a folder that is no recording is named, with what to do", arguments: ["", "/missing", "/file"])
    func noRecording(below: String) throws {
        try folder.write("", to: "file")
        let error = #expect(throws: KernelError.self) { try Observer(replay: folder.path + below) }
        #expect(error?.subject == folder.path + below)
        #expect(error?.hint.contains("--record") == true)
    }

    @Test("a folder that has files is not recorded into")
    func notEmpty() throws {
        try folder.write("mine", to: "notes")
        let error = #expect(throws: KernelError.self) { try Observer(record: folder.path) }
        #expect(error?.subject == folder.path)
        #expect(error?.code == ENOTEMPTY)
        #expect(error?.hint.isEmpty == false)
        #expect(try String(decoding: folder.read("notes"), as: UTF8.self) == "mine")
    }

    @Test("a folder that cannot be made is named", arguments: ["/missing/deeper", "/file/deeper"])
    func cannotBeMade(below: String) throws {
        try folder.write("", to: "file")
        let error = #expect(throws: KernelError.self) { try Observer(record: folder.path + below) }
        #expect(error?.subject == folder.path + below)
        #expect(error?.hint.isEmpty == false)
    }

    @Test("a file in the recording's place is an error")
    func file() throws {
        try folder.write("", to: "file")
        let error = #expect(throws: KernelError.self) { try Observer(record: folder.path + "/file") }
        #expect(error?.code == ENOTDIR)
    }

    @Test("an empty folder and a new one are recorded into", arguments: ["", "/new"])
    func empty(below: String) throws {
        let observer = try Observer(record: folder.path + below)
        #expect(observer.recordedLooks == nil)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + below).isEmpty)
    }

    @Test("a recording of no more than its facts is looked at, and what it lacks is said")
    func facts() throws {
        let facts = HostFacts(
            time: 1, monotonic: 2, boottime: 3, host: "web-1", kernel: "6.18.0", observer: 1000, pageSize: 4096,
            ticksPerSecond: 100, hertz: 250, namespace: 8, seesAllProcesses: true, isProcOurs: true)
        try folder.write(facts.encoded, to: "look-1/host")
        try folder.write("sock_diag proc", to: "look-1/ways")
        try folder.write("own", to: "look-1/namespaces")
        let observer = try Observer(replay: folder.path)
        #expect(observer.recordedLooks == 1)
        let snapshot = try observer.look(Look())
        #expect(snapshot.host == "web-1" && snapshot.observer == 1000)
        #expect(snapshot.connections.isEmpty)
        #expect(snapshot.gaps.contains { $0.kind == .recording && $0.subject == "manifest" })
        #expect(snapshot.gaps.contains { $0.kind == .recording && $0.reason.contains("sock_diag.inet.tcp") })
        // There is no second look.
        #expect(throws: KernelError.self) { try observer.look(Look()) }
    }
}
