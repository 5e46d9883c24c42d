internal import Glibc

/// Asks a running daemon what it remembers.
package enum RecollectionClient {
    private static let mostBytes = 256 << 20

    /// The answer's bytes, as `Recollection(decoding:)` reads them.
    /// - Throws: also where nobody listens (`isNobody`), or nothing comes for `seconds`.
    package static func ask(_ path: String, seconds: Double = 5) throws(KernelError) -> [UInt8] {
        let deadline = UnixSocket.deadline(seconds: seconds)
        let socket = try UnixSocket.connected(to: path)
        guard socket.isTrusted else {
            let owner = socket.peer.map { "user id \($0)" } ?? "somebody"
            throw KernelError(call: "connect", subject: path, hint: "\(owner) answers there, not root and not you")
        }
        let bytes: [UInt8]
        do throws(KernelError) {
            try socket.write(RecollectionServer.question, until: deadline)
            bytes = try socket.read(limit: mostBytes, until: deadline)
        } catch {
            switch error.code {
            case ETIMEDOUT:
                throw KernelError(
                    call: "ask", subject: path,
                    hint: "linger serve did not answer within \(Int(seconds)) s: is it stopped?")
            // It closed its end before it had read all, or any, of the question.
            case EPIPE, ECONNRESET: bytes = []
            default: throw error
            }
        }
        guard !bytes.isEmpty else {
            throw KernelError(
                call: "ask", subject: path,
                hint: "linger serve ended without an answer: it answers root and its own user, once it has looked")
        }
        return bytes
    }
}

extension KernelError {
    /// No daemon has its socket there.
    package var isNobody: Bool { code == ENOENT || code == ECONNREFUSED || code == ENOTDIR }
}
