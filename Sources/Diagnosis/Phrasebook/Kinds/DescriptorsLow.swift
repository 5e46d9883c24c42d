extension KindPhrases {
    static let descriptorsLow = KindPhrases(
        kind: .descriptorsLow,
        title: Phrase(en: "File descriptors run out", zh: "文件描述符即将耗尽"),
        headline: Phrase(
            en:
                "{who} uses {descriptors} of {descriptor_limit} file descriptors[; {socket_descriptors} of them are sockets].",
            zh: "{who} 的文件描述符已用 {descriptors}，上限 {descriptor_limit}[；其中套接字 {socket_descriptors} 个]。"),
        causes: [
            .descriptorsCloseWait: Phrase(
                en:
                    "Most are connections in CLOSE_WAIT ({close_wait}): the program does not close what its peers closed.",
                zh: "大多数是 CLOSE_WAIT 连接（{close_wait} 条）：对端关闭了，程序却不关闭。"),
            .descriptorsConnections: Phrase(
                en:
                    "Most are established connections ({established}): the limit is too low for the load, or too many are kept.",
                zh: "大多数是已建立的连接（{established} 条）：上限对当前负载来说太低，或保留的连接太多。"),
            .descriptorsClosed: Phrase(
                en: "Most are dead sockets ({closed_sockets}): destroyed, reset or never connected, and never closed.",
                zh: "大多数是已死的套接字（{closed_sockets} 个）：被销毁、被重置或从未连接，也从未关闭。"),
            .descriptorsOther: Phrase(
                en: "Most are not TCP connections: files, pipes, other sockets. Look at /proc/PID/fd.",
                zh: "大多数不是 TCP 连接：是文件、管道或其他套接字。请看 /proc/PID/fd。"),
        ],
        explanation: Phrase(
            en: """
                At its soft RLIMIT_NOFILE a process gets EMFILE ("Too many open files"): accept fails while clients \
                wait in the queue, files don't open, logs stop. The limit can be raised up to the hard limit while the \
                process runs. Find out first what takes the descriptors: a leak fills any limit.
                """,
            zh: """
                进程达到软限制 RLIMIT_NOFILE 时会得到 EMFILE（Too many open files）：accept 失败、客户端在队列里等，文件打不开，日志中断。\
                进程运行时可以把限制提高到硬限制。但先要弄清是什么占了描述符：泄漏会填满任何上限。
                """),
        remedies: [
            .raiseDescriptors: RemedyPhrases(
                text: Phrase(
                    en: "Raise the soft limit of the running process to its hard limit.", zh: "把运行中进程的软限制提高到硬限制。"),
                risk: Phrase(
                    en: "Programs that use select() break above 1,024; a leak only fills the new limit later.",
                    zh: "使用 select() 的程序超过 1,024 会出错；若是泄漏，只是晚一点填满。")),
            .raiseHardLimit: RemedyPhrases(
                text: Phrase(
                    en: "Raise both limits of the running process, as root: its soft limit has reached the hard one.",
                    zh: "以 root 身份提高运行中进程的两个限制：软限制已经等于硬限制。"),
                risk: Phrase(
                    en:
                        "The program must cope with more: select() breaks above 1,024, and some size tables by the limit at their start. A leak only fills the new limit later.",
                    zh: "程序必须能应付更多描述符：使用 select() 的超过 1,024 会出错，有的程序按启动时的限制分配表。若是泄漏，只是晚一点填满。")),
            .listDescriptors: RemedyPhrases(
                text: Phrase(en: "See where the descriptors go, by kind and file.", zh: "按种类和文件查看描述符用在哪里。"),
                risk: Phrase(en: "None.", zh: "无。")),
            .raiseDescriptorsForGood: RemedyPhrases(
                text: Phrase(
                    en:
                        "Set LimitNOFILE= in the unit (or nofile in limits.conf, --ulimit for a container), and watch the use.",
                    zh: "在 unit 里设置 LimitNOFILE=（或 limits.conf 的 nofile、容器的 --ulimit），并监控使用量。"),
                risk: Phrase(
                    en: "It takes a restart; the program must not use select().", zh: "需要重启；程序不能使用 select()。")),
        ])
}
