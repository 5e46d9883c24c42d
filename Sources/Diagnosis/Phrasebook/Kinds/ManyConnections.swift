extension KindPhrases {
    static let manyConnections = KindPhrases(
        kind: .manyConnections,
        title: Phrase(en: "Very many established connections", zh: "已建立的连接非常多"),
        headline: Phrase(
            en:
                "{who} {holds} {count} established connections[ on {listener}][ to {destination}][; {descriptors} of {descriptor_limit} descriptors are used].",
            zh:
                "{who} {holds} {count} 条已建立的连接[（{listener}）][（目标 {destination}）][；描述符已用 {descriptors}，上限 {descriptor_limit}]。"
        ),
        causes: [
            .manyNearDescriptors: Phrase(
                en: """
                    The connections are healthy, and they take a large part of the descriptors that the process may \
                    have. A burst, or a backend that gets slow, will use up the rest.
                    """,
                zh: "这些连接是健康的，但占用了进程可用描述符的大部分。来一次突发，或后端变慢，就会用完剩下的。"),
            .manyCount: Phrase(
                en: "The connections are healthy, and no limit is near. Whether so many are meant, only you can tell.",
                zh: "这些连接是健康的，离任何上限都还远。是否本该有这么多，只有你知道。"),
        ],
        explanation: Phrase(
            en: """
                Nothing is wrong with any of these connections; there are just many. What they use up: descriptors of \
                the process (RLIMIT_NOFILE), ephemeral ports on the client's side, entries of the conntrack table, \
                socket memory. Typical reasons: a pool for each worker in place of one for the process, clients that \
                reconnect without closing, keep-alive timeouts of minutes, or success.
                """,
            zh: """
                这些连接本身都没有问题，只是多。它们消耗：进程的描述符（RLIMIT_NOFILE）、客户端一侧的临时端口、conntrack 表项、套接字内存。\
                常见原因：每个工作进程各有一个连接池而不是共用一个、客户端重连却不关闭旧连接、keep-alive 超时长达数分钟，或者业务做大了。
                """),
        remedies: [
            .limitConnections: RemedyPhrases(
                text: Phrase(
                    en:
                        "Limit the connections in the program (pool size, worker_connections, max clients) and shorten idle timeouts.",
                    zh: "在程序里限制连接数（连接池大小、worker_connections、最大客户端数），并缩短空闲超时。"),
                risk: Phrase(en: "Clients beyond the limit wait or are refused.", zh: "超出限制的客户端要等待或被拒绝。")),
            .spread: RemedyPhrases(
                text: Phrase(
                    en: "Spread them over more processes or hosts.", zh: "分散到更多进程或主机。"),
                risk: Phrase(en: "None but the effort.", zh: "除了工作量，没有风险。")),
        ])
}
