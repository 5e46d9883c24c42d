extension KindPhrases {
    static let finWait2Held = KindPhrases(
        kind: .finWait2Held,
        title: Phrase(en: "FIN_WAIT_2 held by a process", zh: "进程持有的 FIN_WAIT_2"),
        headline: Phrase(
            en:
                "{who} {holds} {connections} in FIN_WAIT_2[ on {listener}][ to {destination}], which no timer ends[; the oldest for {at_least}{oldest_ms}].",
            zh:
                "{who} {holds} {connections}，处于 FIN_WAIT_2[（{listener}）][（目标 {destination}）]，没有定时器会结束它们[；最久的{at_least}已有 {oldest_ms}]。"
        ),
        causes: [
            .finWait2Held: Phrase(
                en: """
                    The process shut down its sending half (shutdown(SHUT_WR)) and waits for the peer to close, without \
                    a timeout of its own. The peer acknowledged and does not close. The kernel's tcp_fin_timeout is for \
                    orphans only: as long as a process has the socket, the connection stays for ever.
                    """,
                zh: """
                    进程关闭了发送方向（shutdown(SHUT_WR)），在等对端关闭，但自己没有设超时。对端确认了却不关闭。\
                    内核的 tcp_fin_timeout 只对孤儿连接有效：只要进程还持有套接字，连接就会永远存在。
                    """)
        ],
        explanation: Phrase(
            en: """
                In FIN_WAIT_2 this side has closed its direction and the peer has acknowledged that, but the peer has \
                not closed its own: half a connection, over which data can still arrive. An orphan (closed by its \
                process) is ended by the kernel after tcp_fin_timeout. One that a process still holds has no timer. The \
                other end stands in CLOSE_WAIT: look there for the program that does not close.
                """,
            zh: """
                处于 FIN_WAIT_2 时，本端已经关闭自己的方向，对端也已确认，但对端没有关闭它的方向：连接只剩一半，数据仍可能到达。\
                孤儿连接（已被进程关闭）由内核在 tcp_fin_timeout 后结束；仍被进程持有的则没有定时器。\
                另一端停在 CLOSE_WAIT：要到那边去找不关闭的程序。
                """),
        remedies: [
            .halfCloseTimeout: RemedyPhrases(
                text: Phrase(
                    en:
                        "After shutdown, read with a timeout, and call close when it has passed: then the kernel ends the rest in tcp_fin_timeout.",
                    zh: "shutdown 之后带超时地读取，超时后调用 close：余下的由内核在 tcp_fin_timeout 内结束。"),
                risk: Phrase(
                    en: "An answer that comes later than the timeout is lost.", zh: "超时之后才到的应答会丢失。"))
        ])
}
