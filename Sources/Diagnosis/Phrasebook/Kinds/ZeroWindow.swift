extension KindPhrases {
    static let zeroWindow = KindPhrases(
        kind: .zeroWindow,
        title: Phrase(en: "Peer that does not read", zh: "对端不读数据"),
        headline: Phrase(
            en:
                "{connections} of {who}[ to {destination}] are blocked by a zero window[: {queued_bytes} wait to be sent][, for at least {oldest_ms}].",
            zh: "{who} 的 {connections}[（对端 {destination}）]被零窗口阻塞[：有 {queued_bytes} 等待发送][，至少已 {oldest_ms}]。"),
        causes: [
            .zeroWindow: Phrase(
                en: """
                    The peers' receive buffers are full: they are there and answer the probes, but their programs[ \
                    ({peer_process})] do not read. The fault is on the other side: a blocked or overloaded reader.
                    """,
                zh: "对端的接收缓冲区满了：它们在线，也应答探测，但程序[（{peer_process}）]不读数据。问题在对面：读取方被阻塞或过载。")
        ],
        explanation: Phrase(
            en: """
                A receiver that has no room left offers a window of 0, and the sender probes until it opens again. For \
                moments that is flow control at work. When it lasts, the peer's program has stopped reading. The kernel \
                probes as long as the peer answers, for ever if need be, and this side's send buffer stays full: writes \
                block, or the program queues without limit.
                """,
            zh: """
                接收方没有空间时会通告窗口 0，发送方不断探测，直到窗口重新打开。短时间内这是流量控制在起作用。\
                如果一直持续，就是对端程序不再读取。只要对端应答，内核会一直探测下去；本端的发送缓冲区则一直是满的：\
                写操作会阻塞，或者程序无限制地堆积。
                """),
        remedies: [
            .lookAtPeer: RemedyPhrases(
                text: Phrase(
                    en:
                        "Look at the program at the other end, on the peer's host: it has data waiting (Recv-Q) and does not read.",
                    zh: "到对端主机上看看另一端的程序：它有数据在等（Recv-Q），却不读。"),
                risk: Phrase(en: "None.", zh: "无。")),
            .writeTimeout: RemedyPhrases(
                text: Phrase(
                    en:
                        "Give writes a timeout in the program and limit what it queues for one connection; TCP_USER_TIMEOUT ends probing too.",
                    zh: "在程序里给写操作设超时，并限制每条连接排队的数据；TCP_USER_TIMEOUT 也能结束探测。"),
                risk: Phrase(en: "Readers that only pause are cut off.", zh: "只是暂停的读取方会被断开。")),
        ])
}
