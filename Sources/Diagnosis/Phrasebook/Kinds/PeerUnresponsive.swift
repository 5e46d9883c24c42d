extension KindPhrases {
    static let peerUnresponsive = KindPhrases(
        kind: .peerUnresponsive,
        title: Phrase(en: "Peer that does not acknowledge", zh: "对端不确认"),
        headline: Phrase(
            en:
                "{connections} of {who}[ to {destination}] wait in vain for acknowledgements[: {queued_bytes} unacknowledged][, for at least {oldest_ms}].",
            zh: "{who} 的 {connections}[（对端 {destination}）]等不到确认[：有 {queued_bytes} 未确认][，至少已 {oldest_ms}]。"),
        causes: [
            .peerOne: Phrase(
                en: """
                    Data was sent, is repeated with growing pauses, and nobody acknowledges: the host is gone (crashed, \
                    powered off, moved away) or the path to it drops everything. Large segments only: a path with a \
                    smaller MTU that hides its ICMP messages.
                    """,
                zh: "数据已发出，正在以越来越长的间隔重传，但没人确认：主机没了（崩溃、断电、迁走），或通往它的路径全部丢包。如果只有大报文丢失，则是路径 MTU 较小而 ICMP 又被屏蔽。"),
            .peerMany: Phrase(
                en: """
                    Data to {remotes} peers is repeated with growing pauses, and nobody acknowledges. That many at once \
                    point to this host's own path (firewall, route, NAT that forgot its table) or to a whole network \
                    that went away.
                    """,
                zh: "发往 {remotes} 个对端的数据都在以越来越长的间隔重传，没人确认。同时这么多，说明是本机自己的路径（防火墙、路由、NAT 表丢失），或整个网络离线。"),
        ],
        explanation: Phrase(
            en: """
                The connection is ESTABLISHED on this side only. The retransmission timeout doubles each time, and the \
                kernel gives up after tcp_retries2 (15: 13 to 30 minutes). Until then the process holds descriptor, \
                memory and maybe a thread. TCP_USER_TIMEOUT sets a limit a connection; a keepalive does not help here, \
                for it runs only while nothing is under way.
                """,
            zh: """
                这条连接只在本端还是 ESTABLISHED。重传超时每次翻倍，内核在 tcp_retries2 次（15 次，13 到 30 分钟）后放弃。\
                在此之前，进程一直占着描述符、内存，也许还有线程。TCP_USER_TIMEOUT 可以给单条连接设上限；\
                保活在这里不起作用，因为它只在没有数据在途时运行。
                """),
        remedies: [
            .userTimeout: RemedyPhrases(
                text: Phrase(
                    en:
                        "Set TCP_USER_TIMEOUT on the program's sockets (30 s, say), or lower tcp_retries2 for the host.",
                    zh: "在程序的套接字上设置 TCP_USER_TIMEOUT（比如 30 秒），或降低主机的 tcp_retries2。"),
                risk: Phrase(
                    en: "Connections no longer survive an outage of the path that is longer than that.",
                    zh: "路径中断超过这个时间，连接就不会幸存。"))
        ])
}
