/// Something that a look could not see. Texts for people are made where it is shown.
package struct Gap: Sendable, Hashable {
    package enum Kind: String, Sendable, CaseIterable {
        /// Descriptors of other users' processes: needs root (CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH).
        case processDescriptors = "process_descriptors"
        /// Processes that even root may not look into: they have more capabilities, or a security module guards them.
        case protectedProcesses = "protected_processes"
        /// Sockets that a process must hold and none has that can be seen: another PID namespace, or /proc hides it.
        case outOfSight = "out_of_sight"
        /// Other network namespaces: needs root (CAP_SYS_ADMIN).
        case namespaces
        /// One namespace vanished or could not be entered.
        case namespace
        /// A dump that the kernel marked as interrupted, again after several tries.
        case interruptedDump = "interrupted_dump"
        /// eBPF was refused or is not there: slower, and some fields are not seen.
        case bpf
        /// A file of /proc or /sys could not be read.
        case file
        /// MPTCP sockets could not be listed (kernel without `CONFIG_MPTCP` or `mptcp_diag`).
        case mptcp
        /// A recording lacks an input or has it cut.
        case recording
        /// Processes ended while we looked.
        case processes
        /// Records of the kernel that could not be decoded.
        case records
    }

    package var kind: Kind
    /// To what it happened: a path, a namespace. Empty where the kind says all.
    package var subject: String
    /// The system's own words (errno), or empty.
    package var reason: String
    /// How many of them; 1 where counting makes no sense.
    package var count: Int
    /// Findings can be missed because of it. False where the same was learnt another way (eBPF refused, /proc walked).
    package var isPartial: Bool

    package init(kind: Kind, subject: String = "", reason: String = "", count: Int = 1, isPartial: Bool = true) {
        self.kind = kind
        self.subject = subject
        self.reason = reason
        self.count = count
        self.isPartial = isPartial
    }
}
