import Clearing
import Kernel
import Sockets

/// The audit record of a run, on the disk; nothing where the user wants none.
final class ClearAudit {
    let path: String?
    private let record: AuditRecord
    private let messages: ClearMessages
    private var file: AppendFile?

    /// From so many bytes on, a file is kept as `.1` and a new one begun; nine old ones are kept.
    static let (largest, kept) = (16 << 20, 9)

    init(_ options: AuditOptions, _ messages: ClearMessages) throws(Failure) {
        self.messages = messages
        record = AuditRecord(
            arguments: CommandLine.arguments, sudoUser: Surroundings.variable("SUDO_USER"),
            session: Surroundings.variable("SSH_CONNECTION"))
        path = options.withoutAudit ? nil : options.audit ?? Self.usualPath
        guard let path else { return }
        do throws(KernelError) {
            file = try AppendFile(path: path, rotateAt: Self.largest, keep: Self.kept)
        } catch {
            throw Failure(.usage, messages.cannotAudit(path, error.reason))
        }
    }

    static var usualPath: String {
        (Surroundings.isRoot ? "/var/log/linger" : Surroundings.stateFolder) + "/clear.jsonl"
    }

    /// Nothing may be done that is not written down first.
    func begin(_ plan: borrowing ClearPlan) throws(Failure) { try begin(record.plan(plan)) }

    /// The same for a change of another kind: `tune`.
    func begin(_ kind: String, _ pairs: [(String, String)]) throws(Failure) { try begin(record.note(kind, pairs)) }

    private func begin(_ bytes: [UInt8]) throws(Failure) {
        do throws(KernelError) { try append { _ in bytes } } catch {
            throw Failure(.usage, messages.cannotAudit(path ?? "", error.reason))
        }
    }

    func append(_ lines: (AuditRecord) -> [UInt8]) throws(KernelError) {
        guard file != nil else { return }
        try file?.append(lines(record))
    }
}
