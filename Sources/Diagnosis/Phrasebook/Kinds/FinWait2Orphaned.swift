extension KindPhrases {
    static let finWait2Orphaned = KindPhrases(
        kind: .finWait2Orphaned,
        title: Phrase(en: "Orphaned FIN_WAIT_2", zh: "孤儿 FIN_WAIT_2"),
        headline: Phrase(
            en:
                "{connections} in FIN_WAIT_2 are orphans[ of {listener}][ to {destination}]: the kernel ends each[ after {tcp_fin_timeout_ms}].",
            zh: "{connections}处于 FIN_WAIT_2，是孤儿连接[（{listener}）][（目标 {destination}）]：内核会[在 {tcp_fin_timeout_ms}后]逐条结束它们。"
        ),
        causes: [
            .finWait2Orphaned: Phrase(
                en: """
                    This side has closed and let go; the peers acknowledged and do not close their side. Each ends by \
                    itself. Very many of them mean peers that leave connections open: in CLOSE_WAIT over there.
                    """,
                zh: "本端已经关闭并放手；对端确认了，却不关闭自己那一侧。每条都会自行结束。数量很多说明对端让连接一直开着：在对端它们处于 CLOSE_WAIT。")
        ],
        explanation: Phrase(
            en: """
                An orphan belongs to no process any more. In FIN_WAIT_2 it only waits for the peer's FIN, and the \
                kernel gives it tcp_fin_timeout (60 s by default). It is kept as a small socket that counts against \
                tcp_max_tw_buckets. Normal, unless there are very many: then the peers do not close.
                """,
            zh: """
                孤儿连接不再属于任何进程。处于 FIN_WAIT_2 时它只是在等对端的 FIN，内核给它 tcp_fin_timeout（默认 60 秒）。\
                它以小型套接字的形式保存，计入 tcp_max_tw_buckets。这是正常的；若数量非常多，说明对端不关闭。
                """),
        remedies: [
            .finTimeout: RemedyPhrases(
                text: Phrase(en: "If they are too many, let the kernel end them sooner.", zh: "如果太多，可以让内核更早结束它们。"),
                risk: Phrase(
                    en: "A slow peer that still sends gets a reset.", zh: "还在发送数据的慢速对端会收到 RST。"))
        ])
}
