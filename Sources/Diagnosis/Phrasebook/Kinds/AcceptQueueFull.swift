extension KindPhrases {
    static let acceptQueueFull = KindPhrases(
        kind: .acceptQueueFull,
        title: Phrase(en: "Full accept queue", zh: "accept 队列已满"),
        headline: Phrase(
            en:
                "The accept queue of {who} on {listener} is full ({queue} wait, backlog {backlog}): new clients are turned away[; {overflowed_in_sample} overflows in the namespace over the sample].",
            zh:
                "{who} 在{listener}上的 accept 队列已满（{queue} 条在等，backlog 为 {backlog}）：新客户端被拒之门外[；采样期间该网络命名空间溢出 {overflowed_in_sample} 次]。"
        ),
        causes: [:],
        explanation: Phrase(
            en: """
                More connections wait than the backlog allows, so the kernel drops the last segment of each new \
                handshake and new SYNs (ListenOverflows, ListenDrops count them, for the whole network namespace). \
                Clients see timeouts, or resets with tcp_abort_on_overflow.

                The backlog is the number given to listen(), capped by net.core.somaxconn. The kernel refuses when more \
                than that many wait, so a backlog of 128 holds 129. In `ss -l` the backlog is in Send-Q and the waiting \
                connections are in Recv-Q.

                A longer backlog helps against bursts only. If the process accepts nothing, it fills up too.

                With SO_REUSEPORT every listener has a queue of its own, and the kernel spreads clients over all of \
                them: one worker that hangs loses its share of the clients.
                """,
            zh: """
                等待的连接超过了 backlog，内核于是丢弃新握手的最后一个报文以及新的 SYN（计入 ListenOverflows 和 ListenDrops，\
                按整个网络命名空间统计）。客户端表现为超时；若开启 tcp_abort_on_overflow，则收到 RST。

                backlog 是传给 listen() 的数值，并受 net.core.somaxconn 限制。等待数大于它时内核才拒绝，所以 backlog 为 128 时\
                实际能容纳 129 条。在 `ss -l` 中，Send-Q 是 backlog，Recv-Q 是等待的连接数。

                加大 backlog 只能应付突发。如果进程根本不 accept，再大也会满。

                使用 SO_REUSEPORT 时，每个监听套接字有自己的队列，内核把客户端分散到各个队列：一个卡住的工作进程会丢掉分给它的那部分客户端。
                """),
        remedies: [
            .raiseBacklog: RemedyPhrases(
                text: Phrase(
                    en:
                        "Give listen() a larger backlog (its setting in nginx, Java, Go or Python), and restart the program.",
                    zh: "给 listen() 更大的 backlog（在 nginx、Java、Go、Python 中都有相应设置），然后重启程序。"),
                risk: Phrase(
                    en: "Clients wait longer in place of being turned away; it hides a process that does not accept.",
                    zh: "客户端会等得更久而不是被拒绝；这会掩盖不执行 accept 的进程。")),
            .raiseSomaxconn: RemedyPhrases(
                text: Phrase(
                    en: "Raise the cap of all backlogs; listeners take it over when they call listen() again.",
                    zh: "提高所有 backlog 的上限；监听者再次调用 listen() 时才生效。"),
                risk: Phrase(en: "A little more kernel memory in bursts.", zh: "突发时内核内存占用略增。")),
        ])
}
