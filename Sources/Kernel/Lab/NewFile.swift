internal import Glibc

/// A file that is written from its beginning; what stood in it is gone.
package final class NewFile {
    private let descriptor: FileDescriptor
    private let path: String

    package init(_ path: String) throws(KernelError) {
        let raw = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard raw >= 0 else { throw .system("open", path) }
        descriptor = FileDescriptor(owning: raw)
        self.path = path
    }

    package func write(_ bytes: [UInt8]) throws(KernelError) {
        var start = 0
        while start < bytes.count {
            let count = bytes[start...].withUnsafeBytes { Glibc.write(descriptor.raw, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .system("write", path) }
            start += count
        }
    }
}
