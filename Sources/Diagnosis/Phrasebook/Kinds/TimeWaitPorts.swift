extension KindPhrases {
    static let timeWaitPorts = KindPhrases(
        kind: .timeWaitPorts,
        title: Phrase(en: "TIME_WAIT takes the ephemeral ports", zh: "TIME_WAIT 占用临时端口"),
        headline: Phrase(
            en:
                "{time_wait} connections in TIME_WAIT from {source} to {destination} take ephemeral ports: {ports_left} of {ports_total} are left.",
            zh: "从 {source} 到 {destination} 有 {time_wait} 条 TIME_WAIT 连接占用临时端口：{ports_total} 个中还剩 {ports_left} 个。"),
        causes: [
            .timeWaitPorts: Phrase(
                en: """
                    This host opens a new connection to the destination for each request and closes it first, so each \
                    leaves a TIME_WAIT here that keeps its local port for 60 s. With {ports_total} ports that allows \
                    new connections at {sustainable_per_second} in the long run[; now they come at {new_per_second}].
                    """,
                zh: """
                    本机对每个请求都向该目标新建连接，并且由本机先关闭，所以每条连接都会在本机留下 TIME_WAIT，占住本地端口 60 秒。\
                    {ports_total} 个端口长期只能支撑 {sustainable_per_second} 的新连接[；目前为 {new_per_second}]。
                    """),
            .timeWaitEnding: Phrase(
                en: """
                    This host opened many connections to the destination and closed them first, so each left a \
                    TIME_WAIT here that keeps its local port for 60 s. Nothing new came over the sample: it ends by \
                    itself[, all are free in {all_free_in_ms}]. With {ports_total} ports, new connections at \
                    {sustainable_per_second} are the most in the long run.
                    """,
                zh: """
                    本机向该目标建立了很多连接，并且由本机先关闭，所以每条都在本机留下 TIME_WAIT，占住本地端口 60 秒。\
                    采样期间没有新的连接：会自行结束[，{all_free_in_ms}内全部释放]。{ports_total} 个端口长期最多支撑 {sustainable_per_second} 的新连接。
                    """),
            .timeWaitReused: Phrase(
                en: """
                    This host opens a connection for each request and closes it first. tcp_tw_reuse is in effect here, \
                    so connect may take over a port whose TIME_WAIT is older than one second if both sides use \
                    timestamps: the ports do not run out. A program that binds a port before it connects does not profit.
                    """,
                zh: """
                    本机对每个请求都新建连接并先关闭。这里 tcp_tw_reuse 有效，双方都使用时间戳时，connect 可以接管 TIME_WAIT 超过一秒的端口，\
                    所以端口不会耗尽。但在 connect 之前先 bind 端口的程序享受不到。
                    """),
        ],
        explanation: Phrase(
            en: """
                The side that closes first keeps the connection in TIME_WAIT for 60 s (a constant in Linux, twice the \
                maximum segment lifetime), so that late segments do not reach a new connection between the same ends. \
                As a client, each takes one ephemeral port towards that destination: a connection is told by its four \
                numbers, so the ports of another destination or another source address are not touched. When none is \
                left, connect fails with EADDRNOTAVAIL ("Cannot assign requested address").

                To do: keep connections open and use them again (a pool, HTTP keep-alive), widen ip_local_port_range, \
                use more source or destination addresses, or set tcp_tw_reuse, which is safe for clients with \
                timestamps. Don't look for tcp_tw_recycle: it broke clients behind NAT and was removed in Linux 4.12. \
                SO_LINGER with 0 avoids TIME_WAIT by a reset, which loses data that is under way.
                """,
            zh: """
                先关闭的一方会把连接保持在 TIME_WAIT 60 秒（Linux 中是常量，即两倍最大报文寿命），以免迟到的报文进入相同两端之间的新连接。\
                对客户端来说，每条都占用一个到该目标的临时端口：连接由四元组区分，因此其他目标或其他源地址的端口不受影响。\
                用完之后，connect 会失败并返回 EADDRNOTAVAIL（Cannot assign requested address）。

                办法：保持连接并重复使用（连接池、HTTP keep-alive）；扩大 ip_local_port_range；增加源地址或目标地址；\
                或设置 tcp_tw_reuse，它对启用时间戳的客户端是安全的。不要去找 tcp_tw_recycle：它会破坏 NAT 后面的客户端，\
                已在 Linux 4.12 中移除。把 SO_LINGER 设为 0 会用 RST 避免 TIME_WAIT，但会丢失在途数据。
                """),
        remedies: [
            .widenPorts: RemedyPhrases(
                text: Phrase(
                    en: "Widen the range of ephemeral ports; it takes effect at once.", zh: "扩大临时端口范围，立即生效。"),
                risk: Phrase(
                    en:
                        "A service that listens on a port in the new range may find it taken: reserve it in ip_local_reserved_ports.",
                    zh: "在新范围内监听的服务可能发现端口被占：请用 ip_local_reserved_ports 预留。")),
            .keepConnections: RemedyPhrases(
                text: Phrase(
                    en:
                        "Use connections again: a pool, HTTP keep-alive, one long-lived connection in place of one a request.",
                    zh: "重复使用连接：连接池、HTTP keep-alive，用一条长连接代替每个请求一条连接。"),
                risk: Phrase(en: "Idle connections need a timeout on both sides.", zh: "双方都需要为空闲连接设置超时。")),
            .moreAddresses: RemedyPhrases(
                text: Phrase(
                    en:
                        "Spread over more source addresses or more destination addresses or ports: each pair has all ports for itself.",
                    zh: "分散到更多源地址，或更多目标地址或端口：每一对都拥有全部端口。"),
                risk: Phrase(
                    en: "Firewalls and access lists have to know the new addresses.", zh: "防火墙和访问控制列表需要加入新地址。")),
            .timeWaitReuse: RemedyPhrases(
                text: Phrase(
                    en:
                        "Let connect take over ports whose TIME_WAIT is older than a second (needs timestamps on both sides).",
                    zh: "允许 connect 接管 TIME_WAIT 超过一秒的端口（需要双方都启用时间戳）。"),
                risk: Phrase(
                    en: "Small: timestamps keep late segments apart. It changes outgoing connections only.",
                    zh: "很小：时间戳能区分迟到的报文。只影响对外发起的连接。")),
            .noRecycle: RemedyPhrases(
                text: Phrase(
                    en:
                        "Do not use tcp_tw_recycle, whatever old articles say: it dropped clients behind NAT, and Linux 4.12 removed it.",
                    zh: "不要使用 tcp_tw_recycle，不管旧文章怎么说：它会丢弃 NAT 后面的客户端，Linux 4.12 已将其移除。"),
                risk: Phrase(en: "None in leaving it alone.", zh: "不去动它没有风险。")),
            .letPeerClose: RemedyPhrases(
                text: Phrase(
                    en:
                        "Let the other side close first where the protocol allows it: TIME_WAIT stands on the side that closes first, which is this one now.",
                    zh: "协议允许时，让对端先关闭：TIME_WAIT 在先关闭的一方，目前就是本端。"),
                risk: Phrase(
                    en: "A peer that does not close leaves the connection open: keep a timeout.",
                    zh: "如果对端不关闭，连接会一直开着：要保留超时。")),
        ])
}
