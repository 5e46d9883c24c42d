import Foundation
import GRDB

/// The file as it lies on the disk: told apart by its first bytes before SQLite touches it, so that a file that is not
/// ours stays as it is.
struct HistoryFile: Sendable {
    /// "LNGR" in the header of the database (`application_id`, https://www.sqlite.org/fileformat2.html).
    static let application: UInt32 = 0x4c4e_4752

    enum Content: Equatable {
        case missing
        case empty
        /// Ours, of a schema; 0 where its making was interrupted.
        case history(schema: Int)
    }

    /// Absolute, so that SQLite does not take it for a URI.
    let path: String

    init(path: String) { self.path = URL(filePath: path).standardizedFileURL.path }

    /// Fails where the file is another's, or a newer Linger's.
    func content() throws(HistoryError) -> Content {
        var status = stat()
        guard stat(path, &status) == 0 else {
            // Only these two say that there is none; what may not be looked at can be there.
            if errno == ENOENT || errno == ENOTDIR { return .missing }
            throw HistoryError(code: errno, path: path)
        }
        let header: [UInt8]
        do {
            let handle = try FileHandle(forReadingFrom: URL(filePath: path))
            header = Array(try handle.read(upToCount: 100) ?? Data())
            try handle.close()
        } catch {
            throw FileManager.default.isReadableFile(atPath: path)
                ? .failed(path: path, reason: error.localizedDescription) : .notPermitted(path: path)
        }
        if header.isEmpty { return .empty }
        guard header.count == 100, header.starts(with: Array("SQLite format 3\0".utf8)) else {
            throw .notADatabase(path: path)
        }
        func number(at offset: Int) -> UInt32 { header[offset..<(offset + 4)].reduce(0) { $0 << 8 | UInt32($1) } }
        guard number(at: 68) == Self.application else { throw .foreign(path: path) }
        let schema = Int(number(at: 60))
        guard schema <= HistorySchema.newest else {
            throw .newer(path: path, schema: schema, known: HistorySchema.newest)
        }
        return .history(schema: schema)
    }

    /// Makes the folders that the file is to stand in.
    func makeFolders() throws(HistoryError) {
        var folder = ""
        for name in path.split(separator: "/").dropLast() {
            folder += "/\(name)"
            guard mkdir(folder, 0o750) == 0 || errno == EEXIST else { throw HistoryError(code: errno, path: folder) }
        }
    }

    /// Makes an empty file that only the owner and the group may read: it tells who talks to whom.
    func make() throws(HistoryError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { throw HistoryError(code: errno, path: path) }
        // Whatever the umask left of it.
        fchmod(descriptor, 0o640)
        close(descriptor)
    }

    /// Of the file, its write-ahead log and that log's index.
    var byteCount: Int64 { size(of: path) + size(of: path + "-wal") + size(of: path + "-shm") }
    var logByteCount: Int64 { size(of: path + "-wal") }

    /// Tells whether the path still leads to the same file.
    var inode: UInt64? { attribute(.systemFileNumber, of: path) }

    var diskIsFull: Bool {
        let attributes = try? FileManager.default.attributesOfFileSystem(forPath: path)
        guard let free = attributes?[.systemFreeSize] as? NSNumber else { return false }
        return free.int64Value < 65_536
    }

    private func size(of path: String) -> Int64 { attribute(.size, of: path).map(Int64.init) ?? 0 }

    private func attribute(_ key: FileAttributeKey, of path: String) -> UInt64? {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return (attributes?[key] as? NSNumber)?.uint64Value
    }
}

extension HistoryError {
    /// A system call that failed, by its errno.
    init(code: Int32, path: String) {
        self =
            switch code {
            case EACCES, EPERM: .notPermitted(path: path)
            case ENOSPC, EDQUOT: .diskFull(path: path)
            default: .failed(path: path, reason: String(cString: strerror(code)))
            }
    }

    init(_ error: any Error, path: String) {
        guard let error = error as? DatabaseError else {
            self = .failed(path: path, reason: "\(error)")
            return
        }
        let reason = error.message ?? "\(error.extendedResultCode)"
        self =
            switch error.resultCode {
            case .SQLITE_BUSY, .SQLITE_LOCKED: .locked(path: path)
            case .SQLITE_FULL: .diskFull(path: path)
            case .SQLITE_CORRUPT, .SQLITE_NOTADB: .damaged(path: path, reason: reason)
            case .SQLITE_PERM, .SQLITE_AUTH, .SQLITE_READONLY: .notPermitted(path: path)
            default: .failed(path: path, reason: reason)
            }
    }
}
