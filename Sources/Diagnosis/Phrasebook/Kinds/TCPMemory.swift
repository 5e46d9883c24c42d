extension KindPhrases {
    static let tcpMemory = KindPhrases(
        kind: .tcpMemory,
        title: Phrase(en: "TCP memory runs out", zh: "TCP 内存即将耗尽"),
        headline: Phrase(
            en:
                "TCP buffers take {memory_bytes}; from {memory_pressure_bytes} on the kernel shrinks them[, at {memory_high_bytes} it drops].",
            zh: "TCP 缓冲区已占 {memory_bytes}；超过 {memory_pressure_bytes} 内核会收缩它们[，到 {memory_high_bytes} 就会丢包]。"),
        causes: [
            .memoryPressure: Phrase(
                en:
                    "Many connections hold unread or unsent data[; the most: {top_process} with {top_bytes}]. Under pressure every connection of the host gets smaller windows and slows down.",
                zh: "很多连接里有未读或未发送的数据[；最多的是 {top_process}，{top_bytes}]。内存吃紧时，主机上所有连接的窗口都会变小、变慢。"),
            .memoryFull: Phrase(
                en:
                    "The upper limit is reached: the kernel drops segments and resets orphans on the whole host[; the most: {top_process} with {top_bytes}].",
                zh: "已达到上限：内核会在整个主机上丢弃报文并重置孤儿连接[；最多的是 {top_process}，{top_bytes}]。"),
        ],
        explanation: Phrase(
            en: """
                tcp_mem has three numbers, in pages, for the whole host: below the first nothing happens, from the \
                second on the kernel is under pressure and shrinks buffers, at the third it refuses memory ("TCP: out \
                of memory"). What fills it is data that nobody reads (Recv-Q) and data that nobody acknowledges (Send-Q).
                """,
            zh: """
                tcp_mem 有三个数，单位为页，对整个主机有效：低于第一个没有影响；从第二个起内核处于压力状态，收缩缓冲区；\
                到第三个就拒绝分配（TCP: out of memory）。占用它的是没人读的数据（Recv-Q）和没人确认的数据（Send-Q）。
                """),
        remedies: [
            .findMemory: RemedyPhrases(
                text: Phrase(
                    en:
                        "See which connections hold the data: large Recv-Q is a program that does not read, large Send-Q a peer that does not.",
                    zh: "看哪些连接占着数据：Recv-Q 大是本端程序不读，Send-Q 大是对端不读。"),
                risk: Phrase(en: "None.", zh: "无。")),
            .raiseMemory: RemedyPhrases(
                text: Phrase(en: "Raise tcp_mem, if the host has memory to spare.", zh: "如果主机内存有富余，提高 tcp_mem。"),
                risk: Phrase(
                    en: "Kernel memory cannot be swapped: leave enough for the programs.", zh: "内核内存不能换出：要给程序留够。")),
        ])
}
