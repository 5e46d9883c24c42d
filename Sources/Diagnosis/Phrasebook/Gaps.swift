import Sockets

extension Phrasebook {
    /// What is missing because something could not be seen, and how to see it.
    static func gaps(_ kind: Gap.Kind) -> (what: Phrase, hint: Phrase) {
        switch kind {
        case .processDescriptors:
            (
                Phrase(
                    en:
                        "Descriptors of other users' processes could not be seen ({number} of them): holders are missing[ ({reason})].",
                    zh: "看不到其他用户 {number} 个进程的描述符：缺少持有者信息[（{reason}）]。"),
                Phrase(
                    en: "Run it as root, or with CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH.",
                    zh: "请以 root 运行，或具备 CAP_SYS_PTRACE 和 CAP_DAC_READ_SEARCH。")
            )
        case .protectedProcesses:
            (
                Phrase(
                    en: "Some processes cannot be looked into, even by root ({number}: {subject})[: {reason}].",
                    zh: "有 {number} 个进程（{subject}）即使是 root 也无法查看[：{reason}]。"),
                Phrase(
                    en:
                        "They have more capabilities than this shell, or a security module guards them: run it in the host's first user namespace, with all capabilities.",
                    zh: "这些进程的权能多于当前 shell，或受安全模块保护：请在主机最初的用户命名空间中以全部权能运行。")
            )
        case .outOfSight:
            (
                Phrase(
                    en: "The processes that hold some sockets are out of sight (sockets: {number}).",
                    zh: "看不到持有部分套接字的进程（{number} 个套接字）。"),
                Phrase(
                    en:
                        "They run in another PID namespace, or /proc hides them (hidepid): run it on the host (containers: --pid=host), as root.",
                    zh: "这些进程在别的 PID 命名空间中，或被 /proc 隐藏（hidepid）：请在主机上（容器用 --pid=host）以 root 运行。")
            )
        case .namespaces:
            (
                Phrase(
                    en: "Other network namespaces (containers, ip netns) could not be seen[: {reason}].",
                    zh: "看不到其他网络命名空间（容器、ip netns）[：{reason}]。"),
                Phrase(en: "Run it as root (CAP_SYS_ADMIN).", zh: "请以 root 运行（CAP_SYS_ADMIN）。")
            )
        case .namespace:
            (
                Phrase(
                    en: "The network namespace {subject} could not be looked at[: {reason}].",
                    zh: "无法查看网络命名空间 {subject}[：{reason}]。"),
                Phrase(en: "It may just have ended: look again.", zh: "它可能刚刚结束：请再看一次。")
            )
        case .interruptedDump:
            (
                Phrase(
                    en:
                        "The kernel's list of sockets changed while it was read[ ({subject})]: single sockets can be missing or doubled.",
                    zh: "读取内核的套接字列表时它发生了变化[（{subject}）]：个别套接字可能缺失或重复。"),
                Phrase(en: "Look again.", zh: "请再看一次。")
            )
        case .bpf:
            (
                Phrase(
                    en:
                        "eBPF could not be used[ ({reason})]: it takes longer, and SO_KEEPALIVE of single sockets is not seen.",
                    zh: "无法使用 eBPF[（{reason}）]：耗时更长，也看不到单个套接字的 SO_KEEPALIVE。"),
                Phrase(
                    en: "Run it as root (CAP_BPF and CAP_PERFMON) on a kernel with BTF.",
                    zh: "请在带 BTF 的内核上以 root 运行（CAP_BPF 和 CAP_PERFMON）。")
            )
        case .file:
            (
                Phrase(
                    en: "{subject} could not be read[: {reason}]; what it tells is not known.",
                    zh: "无法读取 {subject}[：{reason}]；其中的信息未知。"),
                Phrase(
                    en: "Check that /proc and /sys are mounted and may be read.", zh: "请检查 /proc 和 /sys 已挂载并且可读。")
            )
        case .mptcp:
            (
                Phrase(
                    en: "MPTCP connections could not be listed[ ({reason})]; their subflows are counted as TCP.",
                    zh: "无法列出 MPTCP 连接[（{reason}）]；它们的子流按 TCP 计入。"),
                Phrase(
                    en: "Load mptcp_diag, on a kernel with MPTCP.", zh: "请在支持 MPTCP 的内核上加载 mptcp_diag。")
            )
        case .recording:
            (
                Phrase(
                    en: "The recording lacks an input or has it cut[: {subject}][ ({reason})].",
                    zh: "录制数据缺少某项输入或不完整[：{subject}][（{reason}）]。"),
                Phrase(en: "Record again with --record.", zh: "请用 --record 重新录制。")
            )
        case .processes:
            (
                Phrase(
                    en: "{number} processes ended while we looked: what they held is missing.",
                    zh: "查看期间有 {number} 个进程结束：缺少它们所持有的内容。"),
                Phrase(en: "Look again.", zh: "请再看一次。")
            )
        case .records:
            (
                Phrase(
                    en: "{number} records of the kernel could not be decoded[ ({subject})][: {reason}].",
                    zh: "有 {number} 条内核记录无法解析[（{subject}）][：{reason}]。"),
                Phrase(
                    en: "Record a look with --record and send it to the project.",
                    zh: "请用 --record 录制一次，并提交给本项目。")
            )
        }
    }
}
