extension KindPhrases {
    static let timeWaitNormal = KindPhrases(
        kind: .timeWaitNormal,
        title: Phrase(en: "Much TIME_WAIT, and that is normal", zh: "TIME_WAIT 很多，属于正常"),
        headline: Phrase(
            en:
                "{connections} in TIME_WAIT are normal and harmless: no limit is near[, all of them end within {all_free_in_ms}].",
            zh: "{connections}处于 TIME_WAIT，属于正常，无害：离任何上限都还远[，{all_free_in_ms}内全部结束]。"),
        causes: [
            .timeWaitServer: Phrase(
                en: """
                    Most are on the server's side[, of {top_listener}]: this host answers and closes first. They take no \
                    ephemeral port, only a little memory, and end after 60 s.
                    """,
                zh: "大多数在服务器一侧[（{top_listener}）]：本机应答后先关闭。它们不占用临时端口，只占一点内存，60 秒后结束。"),
            .timeWaitClient: Phrase(
                en: """
                    Most are on the client's side[, to {top_destination}]: this host connects and closes first. Each \
                    keeps one ephemeral port towards its destination for 60 s; enough are left.
                    """,
                zh: "大多数在客户端一侧[（到 {top_destination}）]：本机发起连接并先关闭。每条占用一个到其目标的临时端口 60 秒；端口还够用。"),
        ],
        explanation: Phrase(
            en: """
                TIME_WAIT is the proof of an orderly end: this side closed first, both FINs were acknowledged, and the \
                kernel waits 60 s for late segments. It belongs to no process and costs about 250 bytes. It becomes a \
                problem only when it takes the ephemeral ports towards one destination (time_wait_ports) or comes near \
                tcp_max_tw_buckets (time_wait_buckets). Do not shorten it, and do not use tcp_tw_recycle.
                """,
            zh: """
                TIME_WAIT 是正常结束的证明：本端先关闭，双方的 FIN 都已确认，内核再等 60 秒以处理迟到的报文。它不属于任何进程，\
                每条约 250 字节。只有当它占满到某个目标的临时端口（time_wait_ports），或接近 tcp_max_tw_buckets（time_wait_buckets）时，\
                才是问题。不要去缩短它，也不要使用 tcp_tw_recycle。
                """),
        remedies: [:])
}
