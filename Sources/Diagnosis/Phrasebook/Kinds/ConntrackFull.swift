extension KindPhrases {
    static let conntrackFull = KindPhrases(
        kind: .conntrackFull,
        title: Phrase(en: "Conntrack table nearly full", zh: "conntrack 表快满了"),
        headline: Phrase(
            en: "The conntrack table has {conntrack_count} of {conntrack_max} entries[ in namespace {netns}].",
            zh: "conntrack 表已有 {conntrack_count} 项，上限 {conntrack_max}[（网络命名空间 {netns}）]。"),
        causes: [
            .conntrack: Phrase(
                en: """
                    The firewall tracks every connection through this namespace, forwarded ones and finished ones too. \
                    At the limit packets of new connections are dropped, whatever the sockets look like.
                    """,
                zh: "防火墙会跟踪经过该命名空间的每条连接，包括转发的和已经结束的。达到上限时，新连接的报文会被丢弃，不管套接字是什么样子。")
        ],
        explanation: Phrase(
            en: """
                nf_conntrack keeps an entry for each connection, for a while after its end (120 s for TIME_WAIT) and \
                for five days (432,000 s) for an established one that went silent. A full table drops packets and logs "nf_conntrack: table \
                full, dropping packet"; clients see timeouts. Raise the limit, shorten the timeouts, or exempt the \
                traffic that needs no tracking.
                """,
            zh: """
                nf_conntrack 为每条连接保留一个表项，连接结束后还会保留一段时间（TIME_WAIT 为 120 秒），已建立但无声的连接保留五天（432,000 秒）。\
                表满时会丢包并记录日志 nf_conntrack: table full, dropping packet；客户端表现为超时。\
                办法：提高上限、缩短超时，或让不需要跟踪的流量免于跟踪。
                """),
        remedies: [
            .raiseConntrack: RemedyPhrases(
                text: Phrase(en: "Raise the limit (on the host, for all namespaces).", zh: "提高上限（在主机上，对所有命名空间生效）。"),
                risk: Phrase(
                    en: "About 320 bytes for each entry; raise nf_conntrack_buckets along with it.",
                    zh: "每项约 320 字节；应同时提高 nf_conntrack_buckets。")),
            .conntrackTimeout: RemedyPhrases(
                text: Phrase(en: "Forget silent connections sooner.", zh: "更早忘掉无声的连接。"),
                risk: Phrase(
                    en: "NAT breaks a connection that is idle for longer than that: keepalives must be shorter.",
                    zh: "空闲超过这个时间的连接会被 NAT 弄断：保活间隔必须更短。")),
            .conntrackBypass: RemedyPhrases(
                text: Phrase(
                    en: "Exempt traffic that needs neither NAT nor state with a notrack rule in nftables.",
                    zh: "用 nftables 的 notrack 规则，让不需要 NAT 和状态的流量免于跟踪。"),
                risk: Phrase(en: "Rules that match on connection state no longer see it.", zh: "按连接状态匹配的规则将不再看到它。")),
        ])
}
