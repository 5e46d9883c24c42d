extension KindPhrases {
    static let closingStuck = KindPhrases(
        kind: .closingStuck,
        title: Phrase(en: "Closing that does not end", zh: "关闭过程无法结束"),
        headline: Phrase(
            en:
                "{connections} cannot finish closing ({states})[ to {destination}][: no answer for at least {oldest_ms}].",
            zh: "{connections}无法完成关闭（{states}）[，对端 {destination}][：至少 {oldest_ms}没有应答]。"),
        causes: [
            .closingOneRemote: Phrase(
                en: """
                    This side has sent its FIN (or the last data before it), and the peer does not acknowledge: the \
                    host is gone, or the path to it drops segments. The kernel repeats, slower each time, and gives up \
                    after tcp_orphan_retries[ ({tcp_orphan_retries})].[ {still_held} of them are still held by {who}, which \
                    only shut them down: those are repeated up to tcp_retries2 times.]
                    """,
                zh: """
                    本端已经发出 FIN（或它之前的最后一批数据），对端没有确认：主机已经消失，或通往它的路径在丢包。内核会重传，间隔越来越长，\
                    直到 tcp_orphan_retries 次[（{tcp_orphan_retries}）]后放弃。[其中 {still_held} 条仍被 {who} 持有，只是做了 shutdown：这些会重传到 tcp_retries2 次。]
                    """),
            .closingManyRemotes: Phrase(
                en: """
                    This side has sent its FIN (or the last data before it), and {remotes} peers do not acknowledge. \
                    That many at once point to this host's own path: a firewall, a route, NAT that forgot its table, \
                    or clients that went away together.
                    """,
                zh: "本端已经发出 FIN（或它之前的最后一批数据），{remotes} 个对端都没有确认。同时这么多，多半是本机自己的路径有问题：防火墙、路由、NAT 表丢失，或客户端一起离线。"),
            .closingHeld: Phrase(
                en: """
                    {who} shut the connections down and holds them still, and the peer does not acknowledge the FIN (or \
                    the last data before it): the host is gone, or the path to it drops segments. While a process holds \
                    them the kernel repeats up to tcp_retries2 times[ ({tcp_retries2})], a quarter of an hour and more; \
                    tcp_orphan_retries is for what is closed.
                    """,
                zh: """
                    {who} 对这些连接做了 shutdown，但仍然持有它们；对端没有确认 FIN（或它之前的最后一批数据）：主机已经消失，或通往它的路径在丢包。\
                    只要还有进程持有，内核就会重传到 tcp_retries2 次[（{tcp_retries2}）]，需要一刻钟以上；tcp_orphan_retries 只对已关闭的连接有效。
                    """),
            .closingZeroWindow: Phrase(
                en: """
                    Data is left to send before the FIN, and the peer's window is closed: it does not read. The kernel \
                    probes until it gives up.
                    """,
                zh: "FIN 之前还有数据要发，而对端窗口已关闭：它不读数据。内核会不断探测，直到放弃。"),
        ],
        explanation: Phrase(
            en: """
                FIN_WAIT_1: this side closed first and waits for the acknowledgement of its FIN. CLOSING: both sides \
                closed at nearly the same moment, and the acknowledgement is still missing. LAST_ACK: the peer closed \
                first, this side then sent its FIN and waits for the last acknowledgement. All three are over in one \
                round trip when the peer is there. If they stay, the peer or the path is gone. They mostly are orphans: \
                no process can do anything, the kernel repeats and gives up after tcp_orphan_retries (0 means 8). What \
                a process only shut down and still holds is repeated up to tcp_retries2 times (15: more than 13 \
                minutes), and sooner given up once it is closed. Too many orphans (tcp_max_orphans) and the kernel resets them.
                """,
            zh: """
                FIN_WAIT_1：本端先关闭，在等自己 FIN 的确认。CLOSING：双方几乎同时关闭，确认还没到。LAST_ACK：对端先关闭，\
                随后本端发出 FIN，在等最后的确认。只要对端在，这三个状态一个往返就结束。如果停留不走，就是对端或路径没了。\
                它们大多是孤儿连接：进程无能为力，由内核重传，在 tcp_orphan_retries 次后放弃（0 表示 8 次）。\
                进程只做了 shutdown 而仍然持有的，会重传到 tcp_retries2 次（15 次，超过 13 分钟），关闭之后才会更早放弃。\
                孤儿太多（tcp_max_orphans）时，内核会直接重置它们。
                """),
        remedies: [
            .orphanRetries: RemedyPhrases(
                text: Phrase(
                    en: "Let the kernel give up orphans sooner.", zh: "让内核更早放弃孤儿连接。"),
                risk: Phrase(
                    en: "Over a path that loses much, the last data may not arrive.", zh: "在丢包严重的路径上，最后的数据可能送不到。")),
            .closeAfterShutdown: RemedyPhrases(
                text: Phrase(
                    en:
                        "After shutdown, wait with a timeout in the program and then call close; or set TCP_USER_TIMEOUT on its sockets.",
                    zh: "在程序里，shutdown 之后带超时地等待，然后调用 close；或在套接字上设置 TCP_USER_TIMEOUT。"),
                risk: Phrase(
                    en: "What the peer has not acknowledged by then is lost.", zh: "届时对端还没确认的数据会丢失。")),
            .checkPath: RemedyPhrases(
                text: Phrase(
                    en:
                        "Check whether the peer is there and whether both directions of the path work (routes, firewall, NAT).",
                    zh: "检查对端是否在线，以及路径两个方向是否都通（路由、防火墙、NAT）。"),
                risk: Phrase(en: "None.", zh: "无。")),
        ])
}
