internal import Glibc
internal import Synchronization

/// Every raw input of a look goes through here: read from this host, read and written down, or read from a recording.
///
/// An input has a key, a path below the recording's folder: `proc/1/stat`, `netns/4026531840/sock_diag.inet.tcp`. One that
/// failed is recorded as the key with `.errno` behind it, so that a replay fails in the same way.
struct Inputs: Sendable {
    enum Mode: Sendable {
        case live
        case record(String)
        case replay(String)
    }

    let mode: Mode
    /// The first input that could not be written down (a recording is whole or an error), or that was found damaged.
    private let failure = SharedFailure()

    private let sizes: RecordedSizes

    init(mode: Mode) {
        self.mode = mode
        if case .replay(let folder) = mode { sizes = RecordedSizes(reading: folder) } else { sizes = RecordedSizes() }
    }

    /// What is wrong with the recording that is read: the first input that was cut or lost. Readers that can do without
    /// an input pass over it; this does not.
    var damage: KernelError? {
        guard isReplay else { return nil }
        if let first = failure.first { return first }
        return sizes.isRead
            ? nil : KernelError(call: "replay", subject: RecordedSizes.file, hint: "the recording was not finished")
    }

    var isReplay: Bool { if case .replay = mode { true } else { false } }

    /// A small input: whole.
    func bytes(_ key: String, live: () throws(KernelError) -> [UInt8]) throws(KernelError) -> [UInt8] {
        switch mode {
        case .live:
            return try live()
        case .record(let folder):
            do throws(KernelError) {
                let bytes = try live()
                store(bytes, "\(folder)/\(key)")
                sizes.set(bytes.count, of: key)
                return bytes
            } catch {
                store(Array("\(error.code)\n".utf8), "\(folder)/\(key).errno")
                throw error
            }
        case .replay(let folder):
            return try recorded(folder, key)
        }
    }

    /// A large input: piece by piece as the kernel hands it out; a recording gives it in one piece.
    func stream(
        _ key: String, live: (@escaping (UnsafeRawBufferPointer) -> Void) throws(KernelError) -> Void,
        consume: @escaping (UnsafeRawBufferPointer) -> Void
    ) throws(KernelError) {
        switch mode {
        case .live:
            try live(consume)
        case .record(let folder):
            do throws(KernelError) {
                let file = try RecordedFile(creating: "\(folder)/\(key)")
                sizes.set(0, of: key)
                try live { piece in
                    consume(piece)
                    sizes.add(piece.count, to: key)
                    do throws(KernelError) { try file.append(piece) } catch { failure.keep(error) }
                }
            } catch {
                // What came before the error is no input.
                unlink("\(folder)/\(key)")
                sizes.forget(key)
                store(Array("\(error.code)\n".utf8), "\(folder)/\(key).errno")
                throw error
            }
        case .replay(let folder):
            let bytes = try recorded(folder, key)
            bytes.withUnsafeBytes { consume($0) }
        }
    }

    /// Ends a recording: writes the manifest, without which it is not whole.
    /// - Throws: the first thing that could not be written.
    func finishRecording() throws(KernelError) {
        guard case .record(let folder) = mode else { return }
        store(Array(sizes.manifest.utf8), "\(folder)/\(RecordedSizes.file)")
        if let error = failure.first { throw error }
    }

    private func store(_ bytes: [UInt8], _ path: String) {
        do throws(KernelError) {
            let file = try RecordedFile(creating: path)
            try file.append(bytes)
        } catch {
            failure.keep(error)
        }
    }

    private func damaged(_ key: String, _ how: String) -> KernelError {
        let error = KernelError(call: "replay", subject: key, hint: how)
        failure.keep(error)
        return error
    }

    private func recorded(_ folder: String, _ key: String) throws(KernelError) -> [UInt8] {
        do throws(KernelError) {
            let bytes = try readRecorded("\(folder)/\(key)")
            if let size = sizes.size(of: key), size != bytes.count {
                throw damaged(key, "it has \(bytes.count) bytes and was recorded with \(size)")
            }
            return bytes
        } catch {
            guard error.code == ENOENT else { throw error }
            if let size = sizes.size(of: key) {
                throw damaged(key, "it is gone and was recorded with \(size) bytes")
            }
            if let text = try? readRecorded("\(folder)/\(key).errno"), let code = ProcText(text).integer(Int32.self),
                code > 0
            {
                throw KernelError(call: "open", subject: "/" + key, code: code)
            }
            throw KernelError(call: "replay", subject: key, code: ENOENT)
        }
    }
}

/// The first error of several threads.
private final class SharedFailure: Sendable {
    private let stored = Mutex<KernelError?>(nil)

    var first: KernelError? { stored.withLock { $0 } }

    func keep(_ error: KernelError) { stored.withLock { if $0 == nil { $0 = error } } }
}

/// A file of a recording, with the folders that it stands in.
private struct RecordedFile: ~Copyable {
    private let descriptor: FileDescriptor
    private let path: String

    init(creating path: String) throws(KernelError) {
        self.path = path
        var raw = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        if raw < 0, errno == ENOENT {
            var end = path.startIndex
            while let slash = path[end...].firstIndex(of: "/") {
                if slash != path.startIndex { mkdir(String(path[..<slash]), 0o700) }
                end = path.index(after: slash)
            }
            raw = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        }
        guard raw >= 0 else {
            throw KernelError(call: "open", subject: path, code: errno, hint: "the recording could not be written")
        }
        descriptor = FileDescriptor(owning: raw)
    }

    borrowing func append(_ bytes: [UInt8]) throws(KernelError) {
        let failed: KernelError? = bytes.withUnsafeBytes { piece in
            do throws(KernelError) { try append(piece) } catch { return error }
            return nil
        }
        if let failed { throw failed }
    }

    borrowing func append(_ bytes: UnsafeRawBufferPointer) throws(KernelError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = UnsafeRawBufferPointer(rebasing: rest)
            let count = write(descriptor.raw, part.baseAddress, part.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw KernelError(call: "write", subject: path, code: errno, hint: "the recording is not whole")
            }
            rest = rest.dropFirst(count)
        }
    }
}

/// A file of a recording: a regular one, of bounded size. A recording comes from elsewhere.
func readRecorded(_ path: String) throws(KernelError) -> [UInt8] {
    let file = try FileDescriptor(opening: path, flags: O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
    var status = stat()
    guard fstat(file.raw, &status) == 0 else { throw .system("fstat", path) }
    guard status.st_mode & S_IFMT == S_IFREG, status.st_size <= 1 << 31 else {
        throw KernelError(call: "replay", subject: path, hint: "it is no regular file of a recording's size")
    }
    return try readFile(path)
}

/// A whole file. /proc files tell no size, so it is read until the end.
/// - Parameter limit: a longer one is an error: named by mistake, /dev/zero has no end.
func readFile(_ path: String, limit: Int = .max) throws(KernelError) -> [UInt8] {
    let file = try FileDescriptor(opening: path)
    var bytes: [UInt8] = []
    var size = 4096
    while true {
        var count = 0
        var failed: KernelError?
        bytes.append(
            contentsOf: [UInt8](unsafeUninitializedCapacity: size) { buffer, initialized in
                do throws(KernelError) {
                    count = try file.read(into: UnsafeMutableRawBufferPointer(buffer), subject: path)
                } catch {
                    failed = error
                }
                initialized = count
            })
        if let failed { throw failed }
        if count == 0 { return bytes }
        guard bytes.count <= limit else {
            throw KernelError(call: "read", subject: path, hint: "larger than \(limit >> 20) MiB")
        }
        size = min(size * 2, 1 << 22)
    }
}
