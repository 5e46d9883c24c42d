extension KindPhrases {
    static let synFlood = KindPhrases(
        kind: .synFlood,
        title: Phrase(en: "Flood of half-open connections", zh: "半开连接泛洪"),
        headline: Phrase(
            en:
                "{count} half-open connections (SYN_RCVD)[ on {listener}] from {addresses} do not answer the SYN+ACK[{?clients_still_served}; SYN cookies still let real clients in].",
            zh:
                "[{listener}上]有 {count} 条半开连接（SYN_RCVD），来自 {addresses}，都不应答 SYN+ACK[{?clients_still_served}；SYN cookie 仍能让真正的客户端连上]。"
        ),
        causes: [
            .synFlood: Phrase(
                en: """
                    So many addresses that send a SYN and never the third segment are a SYN flood with forged sources, \
                    or the answers of this host do not reach its clients at all (a broken route back).
                    """,
                zh: "这么多地址只发 SYN、从不发第三个报文，是伪造源地址的 SYN 泛洪；或者本机的应答根本到不了客户端（回程路由断了）。"),
            .synFloodCookies: Phrase(
                en: """
                    The SYN queue is full, and the kernel answers with SYN cookies ({syncookies_in_sample} over the \
                    sample), so real clients still get through. So many addresses without a third segment are a SYN \
                    flood, or a broken route back.
                    """,
                zh:
                    "SYN 队列已满，内核用 SYN cookie 应答（采样期间 {syncookies_in_sample} 个），真正的客户端仍能连上。这么多地址没有第三个报文，是 SYN 泛洪，或回程路由断了。"
            ),
        ],
        explanation: Phrase(
            en: """
                SYN_RCVD is so short that netstat almost never shows it: one round trip between the SYN+ACK and the \
                third segment. A request that does not get the third segment repeats its SYN+ACK after 1, 2, 4 … \
                seconds, tcp_synack_retries times, and keeps its place in the listener's SYN queue, which is as long \
                as the backlog. When that is full, SYN cookies let real clients in without a place in the queue; with \
                cookies off, new clients are dropped. Cookies lose nothing today but some options without timestamps.
                """,
            zh: """
                SYN_RCVD 很短，netstat 几乎看不到：只是 SYN+ACK 与第三个报文之间的一个往返。收不到第三个报文的请求会在 1、2、4…… 秒后重发 SYN+ACK，\
                共 tcp_synack_retries 次，期间占着监听者 SYN 队列里的位置，队列长度等于 backlog。队列满时，SYN cookie 让真正的客户端不占队列也能连上；\
                关闭 cookie 时，新客户端会被丢弃。如今 cookie 的代价只是没有时间戳时少几个选项。
                """),
        remedies: [
            .synCookies: RemedyPhrases(
                text: Phrase(en: "Switch SYN cookies on.", zh: "打开 SYN cookie。"),
                risk: Phrase(
                    en: "Clients without timestamps lose window scaling and SACK while the queue is full.",
                    zh: "队列满时，未启用时间戳的客户端会失去窗口扩大和 SACK。")),
            .filterSources: RemedyPhrases(
                text: Phrase(
                    en: "Filter at the edge: the provider, or nftables with synproxy or a limit on new connections.",
                    zh: "在边界过滤：由运营商处理，或用 nftables 的 synproxy、新建连接限速。"),
                risk: Phrase(en: "A limit that is too low refuses real clients.", zh: "限速过低会拒绝真正的客户端。")),
            .captureHandshake: RemedyPhrases(
                text: Phrase(
                    en: "Look at the handshakes: do the SYN+ACKs go out, and does anything come back?",
                    zh: "看看握手过程：SYN+ACK 有没有发出去，有没有东西回来？"),
                risk: Phrase(en: "None; a capture costs some CPU on a busy host.", zh: "无；在繁忙的主机上抓包会占用一些 CPU。")),
            .raiseSynBacklog: RemedyPhrases(
                text: Phrase(
                    en: "Give listen() a larger backlog (and raise somaxconn): the SYN queue is as long as it.",
                    zh: "给 listen() 更大的 backlog（并提高 somaxconn）：SYN 队列与它一样长。"),
                risk: Phrase(en: "A little more kernel memory for each listener.", zh: "每个监听者多占一点内核内存。")),
        ])
}
