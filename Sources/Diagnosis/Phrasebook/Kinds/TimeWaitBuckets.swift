extension KindPhrases {
    static let timeWaitBuckets = KindPhrases(
        kind: .timeWaitBuckets,
        title: Phrase(en: "TIME_WAIT near its limit", zh: "TIME_WAIT 接近上限"),
        headline: Phrase(
            en:
                "{time_wait} connections are in TIME_WAIT[, the limit is {tcp_max_tw_buckets}][; {overflowed_in_sample} were cut short over the sample].",
            zh: "TIME_WAIT 连接有 {time_wait} 条[，上限为 {tcp_max_tw_buckets}][；采样期间有 {overflowed_in_sample} 条被提前丢弃]。"),
        causes: [
            .timeWaitBucketsNear: Phrase(
                en: """
                    This host closes very many connections first. At the limit the kernel lets connections end without \
                    TIME_WAIT; nothing is refused, but a late segment may then meet a new connection.
                    """,
                zh: "本机先关闭了非常多的连接。达到上限后，内核会让连接不经过 TIME_WAIT 就结束；不会拒绝什么，但迟到的报文可能会碰上新连接。"),
            .timeWaitBucketsOverflow: Phrase(
                en: """
                    The limit is reached: the kernel ends connections without TIME_WAIT and logs "time wait bucket \
                    table overflow". Nothing is refused, but a late segment may meet a new connection.
                    """,
                zh: "已经达到上限：内核让连接不经过 TIME_WAIT 就结束，并记录日志 “time wait bucket table overflow”。不会拒绝什么，但迟到的报文可能会碰上新连接。"),
        ],
        explanation: Phrase(
            en: """
                tcp_max_tw_buckets is the number of TIME_WAIT connections that the kernel keeps in a network namespace. \
                It is a guard against memory use (about 250 bytes each), not a way to get rid of TIME_WAIT. \
                TCPTimeWaitOverflow counts the connections that got none. Raise the limit if there is memory, and \
                close fewer connections: keep them and use them again. Orphaned FIN_WAIT_2 connections take a place \
                here too.
                """,
            zh: """
                tcp_max_tw_buckets 是内核在一个网络命名空间内保留的 TIME_WAIT 连接数上限。它用来防止占用过多内存（每条约 250 字节），\
                不是用来消除 TIME_WAIT 的手段。TCPTimeWaitOverflow 统计没有得到位置的连接。内存够就提高上限，并减少关闭连接的次数：\
                保持连接、重复使用。孤儿 FIN_WAIT_2 连接也占用这里的位置。
                """),
        remedies: [
            .raiseBuckets: RemedyPhrases(
                text: Phrase(en: "Raise the limit.", zh: "提高上限。"),
                risk: Phrase(en: "About 250 bytes of kernel memory for each.", zh: "每条约占 250 字节内核内存。"))
        ])
}
