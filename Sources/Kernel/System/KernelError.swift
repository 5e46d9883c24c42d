internal import CLinux
internal import Glibc

/// A system call, or a read of the kernel's files, that failed.
package struct KernelError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The call as in its man page: `socket(AF_NETLINK)`, `open`.
    package var call: String
    /// To what: a path, a process.
    package var subject: String
    /// errno; 0 where the kernel answered and the answer was no use.
    package var code: Int32
    /// What to do, or what was wrong with the answer.
    package var hint: String

    package init(call: String, subject: String = "", code: Int32 = 0, hint: String = "") {
        self.call = call
        self.subject = subject
        self.code = code
        self.hint = hint
    }

    /// The system's words for the errno: `Operation not permitted`.
    package var reason: String { code == 0 ? hint : errorText(code) }

    package var description: String {
        var text = call
        if !subject.isEmpty { text += " \(subject)" }
        if code != 0 { text += ": \(errorText(code))" }
        if !hint.isEmpty { text += ": \(hint)" }
        return text
    }

    package var isPermission: Bool { code == EPERM || code == EACCES }

    package var isAddressInUse: Bool { code == EADDRINUSE }

    /// A recording lacks the input or has another size of it.
    var isReplay: Bool { call == "replay" }

    static func system(_ call: String, _ subject: String = "") -> KernelError {
        KernelError(call: call, subject: subject, code: errno)
    }
}

/// strerrordesc_np(3): the system's words, from a table that no thread writes.
func errorText(_ code: Int32) -> String {
    guard let text = linger_error_text(code) else { return "errno \(code)" }
    return String(cString: text)
}
