extension KindPhrases {
    static let closedDescriptors = KindPhrases(
        kind: .closedDescriptors,
        title: Phrase(en: "Dead sockets that hold descriptors", zh: "占着描述符的已死套接字"),
        headline: Phrase(
            en: "{who} {holds} {count} dead TCP sockets (CLOSED) that ss does not show, each with a descriptor.",
            zh: "{who} {holds} {count} 个已死的 TCP 套接字（CLOSED），ss 看不到它们，每个都占着一个描述符。"),
        causes: [
            .closedDestroyed: Phrase(
                en: """
                    Their connections are over: the peer reset them, the kernel gave up, or somebody ended them (linger \
                    clear, ss -K). The program has not noticed, or ignores it, and never calls close.
                    """,
                zh: "它们的连接已经结束：被对端重置、内核放弃，或被人结束（linger clear、ss -K）。程序没有发现，或不予理会，从不调用 close。"),
            .closedBound: Phrase(
                en:
                    "Most were bound to a port and never connected: a program that makes sockets and gives up before it uses them.",
                zh: "大多数绑定了端口却从未连接：程序创建了套接字，还没使用就放弃了。"),
        ],
        explanation: Phrase(
            en: """
                A TCP socket in CLOSED has no connection, so ss and netstat do not list it; but as long as the process \
                does not close it, it takes a descriptor. They come from connections that were reset or destroyed \
                (ss -K leaves the descriptor open, and so does linger clear --by shutdown or destroy), from failed \
                connects, and from sockets that were never used. The cure is the same as for CLOSE_WAIT: the program \
                has to close.
                """,
            zh: """
                处于 CLOSED 的 TCP 套接字没有连接，所以 ss 和 netstat 不会列出它；但只要进程不关闭，它就占着描述符。\
                来源有：被重置或销毁的连接（ss -K 不会关闭描述符，linger clear --by shutdown 或 destroy 也不会）、\
                失败的 connect，以及从未使用的套接字。办法与 CLOSE_WAIT 相同：程序必须关闭它们。
                """),
        remedies: [
            .closedInCode: RemedyPhrases(
                text: Phrase(
                    en: "Close the socket in the program after every error (ECONNRESET, ETIMEDOUT, a failed connect).",
                    zh: "在程序中，每次出错（ECONNRESET、ETIMEDOUT、connect 失败）之后都要关闭套接字。"),
                risk: Phrase(en: "None; it needs a new release of the program.", zh: "无风险；需要发布程序的新版本。"))
        ])
}
