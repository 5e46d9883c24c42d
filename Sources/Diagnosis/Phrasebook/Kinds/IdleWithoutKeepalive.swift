extension KindPhrases {
    static let idleWithoutKeepalive = KindPhrases(
        kind: .idleWithoutKeepalive,
        title: Phrase(en: "Idle for long, without keepalive", zh: "长时间空闲且没有保活"),
        headline: Phrase(
            en:
                "{who} {holds} {connections}[ on {listener}][ to {destination}] that have been idle for up to {longest_idle_ms}, without keepalive.",
            zh: "{who} {holds} {connections}[（{listener}）][（目标 {destination}）]，最长已空闲 {longest_idle_ms}，没有保活。"),
        causes: [
            .idleNoKeepalive: Phrase(
                en: """
                    Nothing was sent or received for long, and SO_KEEPALIVE is off: if the peer has vanished meanwhile, \
                    this side will never learn it. Some of them may be half-open.
                    """,
                zh: "很久没有收发数据，而且 SO_KEEPALIVE 没开：如果对端期间消失了，本端永远不会知道。其中一些可能是半开连接。"),
            .idleNoKeepaliveSeen: Phrase(
                en: """
                    Nothing was sent or received for long, and as far as can be seen no keepalive runs (no timer is \
                    set): if the peer has vanished meanwhile, this side will never learn it. Some of them may be \
                    half-open.
                    """,
                zh: "很久没有收发数据，而且就能看到的而言没有保活在运行（没有定时器）：如果对端期间消失了，本端永远不会知道。其中一些可能是半开连接。"),
        ],
        explanation: Phrase(
            en: """
                A connection on which nothing moves needs no segment at all, so a peer that lost power, or a firewall \
                that forgot the connection, goes unnoticed: half-open. Each keeps a descriptor and memory for ever. \
                SO_KEEPALIVE probes an idle peer, after tcp_keepalive_time (two hours by default, TCP_KEEPIDLE for one \
                socket). A timeout in the application protocol is better still. Healthy pools look the same: the \
                finding names candidates.
                """,
            zh: """
                没有数据流动的连接不需要任何报文，所以对端断电、防火墙忘记了连接，都不会被发现：这就是半开连接。每条都会永远占着描述符和内存。\
                SO_KEEPALIVE 会在 tcp_keepalive_time（默认两小时，单个套接字用 TCP_KEEPIDLE）之后探测空闲的对端。\
                应用协议里的超时更好。健康的连接池看起来也是这样：这里列出的只是候选。
                """),
        remedies: [
            .keepalive: RemedyPhrases(
                text: Phrase(
                    en:
                        "Switch SO_KEEPALIVE on in the program (with TCP_KEEPIDLE of some minutes), or close idle connections after a time.",
                    zh: "在程序里打开 SO_KEEPALIVE（TCP_KEEPIDLE 设为几分钟），或在空闲一段时间后关闭连接。"),
                risk: Phrase(en: "A few small segments an hour for each connection.", zh: "每条连接每小时多几个小报文。")),
            .keepaliveTime: RemedyPhrases(
                text: Phrase(
                    en: "Start probing sooner for all sockets that use keepalive.", zh: "让所有使用保活的套接字更早开始探测。"),
                risk: Phrase(
                    en: "It does nothing for sockets without SO_KEEPALIVE.", zh: "对没有 SO_KEEPALIVE 的套接字不起作用。")),
        ])
}
