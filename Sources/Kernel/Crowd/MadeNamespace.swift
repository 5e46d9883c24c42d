internal import CLinux
internal import Glibc
internal import Sockets

/// A network namespace that this process made. It has no name: it goes with its last process, socket and descriptor.
package final class MadeNamespace: Sendable {
    package let inode: UInt64
    /// It belongs to a user namespace that was made for it: to be looked at from inside that one.
    package let isInUserNamespace: Bool
    let descriptor: FileDescriptor

    /// Makes one and enters it, with the calling thread (unshare(2)). Without the right to do so it makes a user
    /// namespace around it, in which this process is root, where the host allows that.
    package init() throws(KernelError) {
        let code = linger_leave_network_namespace()
        isInUserNamespace = code == -EPERM
        if isInUserNamespace {
            try Self.becomeRootOfOwnUserNamespace()
        } else if code != 0 {
            throw KernelError(call: "unshare(CLONE_NEWNET)", code: 0 &- code)
        }
        descriptor = try FileDescriptor(opening: "/proc/thread-self/ns/net")
        var status = stat()
        guard fstat(descriptor.raw, &status) == 0 else { throw .system("fstat", "/proc/thread-self/ns/net") }
        inode = UInt64(status.st_ino)
    }

    /// Moves the calling thread into it (setns(2)). What the thread starts is then inside too.
    package func enter() throws(KernelError) {
        let code = linger_enter_network_namespace(descriptor.raw)
        guard code == 0 else { throw KernelError(call: "setns", subject: "net:[\(inode)]", code: 0 &- code) }
    }

    /// Ends the connections that the kernel goes on with by itself when their processes are gone: one whose peer does not
    /// answer would keep the namespace for minutes. On a thread of its own, which enters it.
    package func endSockets() throws(KernelError) {
        try Worker {
            Result { () throws(KernelError) in
                try self.enter()
                var destroyer = try SocketDestroyer()
                for socket in try SocketCensus.sockets() where socket.transport != .mptcp && !socket.isSmall {
                    _ = try destroyer.destroy(socket)
                }
            }
        }.join().get()
    }

    /// user_namespaces(7): the maps can be written once, the groups' only after setgroups is denied.
    private static func becomeRootOfOwnUserNamespace() throws(KernelError) {
        let (user, group) = (geteuid(), getegid())
        let code = linger_leave_user_and_network_namespace()
        guard code == 0 else {
            throw KernelError(
                call: "unshare(CLONE_NEWUSER | CLONE_NEWNET)", code: 0 &- code,
                hint: "run it as root: this host allows no user namespaces to its users")
        }
        for (file, text) in [("setgroups", "deny"), ("uid_map", "0 \(user) 1"), ("gid_map", "0 \(group) 1")] {
            let path = "/proc/self/\(file)"
            let raw = open(path, O_WRONLY | O_CLOEXEC)
            guard raw >= 0 else { throw .system("open", path) }
            let descriptor = FileDescriptor(owning: raw)
            guard write(descriptor.raw, text, text.utf8.count) > 0 else { throw .system("write", path) }
        }
    }
}
