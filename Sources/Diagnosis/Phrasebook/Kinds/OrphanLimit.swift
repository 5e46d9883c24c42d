extension KindPhrases {
    static let orphanLimit = KindPhrases(
        kind: .orphanLimit,
        title: Phrase(en: "Orphans near their limit", zh: "孤儿连接接近上限"),
        headline: Phrase(
            en: "{orphans} orphaned connections, and the limit is {tcp_max_orphans}[ ({states})].",
            zh: "孤儿连接有 {orphans} 条，上限为 {tcp_max_orphans}[（{states}）]。"),
        causes: [
            .orphans: Phrase(
                en: """
                    Processes have closed these connections, and the peers do not let them end: they do not acknowledge \
                    or do not read. At the limit the kernel resets orphans; one that makes no progress counts up to \
                    four times.
                    """,
                zh: "进程已经关闭这些连接，但对端让它们结束不了：不确认，或不读数据。达到上限时内核会重置孤儿连接；没有进展的最多按四倍计数。")
        ],
        explanation: Phrase(
            en: """
                An orphan is a connection that its process has closed and that the kernel still has to finish: data and \
                FIN are not acknowledged yet. tcp_max_orphans limits them for the whole host, because each can pin up \
                to 64 KiB. Above it (or under memory pressure) the kernel resets them: "TCP: too many orphaned \
                sockets". The usual reason is a crowd of clients that vanished, or that do not read.
                """,
            zh: """
                孤儿连接是进程已经关闭、但内核还要收尾的连接：数据和 FIN 还没有得到确认。tcp_max_orphans 对整个主机限制其数量，\
                因为每条最多可占住 64 KiB。超过它（或内存吃紧）时内核会重置它们：TCP: too many orphaned sockets。\
                常见原因是一大批客户端消失了，或不读数据。
                """),
        remedies: [
            .raiseOrphans: RemedyPhrases(
                text: Phrase(en: "Raise the limit, if the host has memory to spare.", zh: "如果主机内存有富余，提高上限。"),
                risk: Phrase(en: "Up to 64 KiB of kernel memory for each.", zh: "每条最多占 64 KiB 内核内存。"))
        ])
}
