extension KindPhrases {
    static let closeWaitPool = KindPhrases(
        kind: .closeWaitPool,
        title: Phrase(en: "Idle pool connections in CLOSE_WAIT", zh: "连接池中处于 CLOSE_WAIT 的空闲连接"),
        headline: Phrase(
            en:
                "{who} {holds} {connections} in CLOSE_WAIT to {destination}, which looks like an idle pool and is harmless[; the oldest for {at_least}{oldest_ms}].",
            zh: "{who} {holds} {connections}到 {destination}，处于 CLOSE_WAIT，看起来是空闲连接池，无害[；最久的{at_least}已有 {oldest_ms}]。"),
        causes: [
            .closeWaitPool: Phrase(
                en: """
                    A client keeps a few idle connections for later use, the server has closed them after its own idle \
                    timeout, and the pool will only notice when it takes one out. Their number is small and does not \
                    grow, nothing is unread, and the process has live connections to the same destination.
                    """,
                zh: """
                    客户端保留了几条空闲连接备用，服务器按自己的空闲超时把它们关闭了，而连接池要到取用时才会发现。\
                    数量少且不增长，没有未读数据，进程到同一目标还有正常的连接。
                    """)
        ],
        explanation: Phrase(
            en: """
                A pool of a client keeps idle connections. When the server closes one, it goes to CLOSE_WAIT on the \
                client and stays there until the pool looks at it. That is no leak as long as the number stays small \
                and stable. It can cost one failed request each: the pool takes out a connection that is dead. Let the \
                pool's idle timeout be shorter than the server's.
                """,
            zh: """
                客户端的连接池会保留空闲连接。服务器关闭其中一条后，它在客户端就进入 CLOSE_WAIT，直到连接池去检查它。\
                只要数量少且稳定，就不是泄漏。代价是每条可能导致一次请求失败：连接池取出的是一条已经失效的连接。\
                让连接池的空闲超时短于服务器的空闲超时即可。
                """),
        remedies: [
            .poolEvict: RemedyPhrases(
                text: Phrase(
                    en:
                        "Set the pool's idle timeout below the server's keep-alive timeout, or let it check connections before use.",
                    zh: "把连接池的空闲超时设得小于服务器的 keep-alive 超时，或让它在使用前检查连接。"),
                risk: Phrase(en: "A few more new connections.", zh: "会多建立少量新连接。"))
        ])
}
