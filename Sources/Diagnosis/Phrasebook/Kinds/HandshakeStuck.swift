extension KindPhrases {
    static let handshakeStuck = KindPhrases(
        kind: .handshakeStuck,
        title: Phrase(en: "Handshakes without a third segment", zh: "缺少第三个报文的握手"),
        headline: Phrase(
            en:
                "{count} handshakes[ on {listener}] wait for the third segment of {addresses} (most of {top_destination}).",
            zh: "[{listener}上]有 {count} 个握手在等 {addresses}的第三个报文（大多来自 {top_destination}）。"),
        causes: [
            .handshakeStuck: Phrase(
                en: """
                    Few addresses, many tries: the SYN+ACK does not reach the client, or its answer does not reach this \
                    host. Mostly an asymmetric path or a firewall that lets one direction through; sometimes a scanner \
                    or a test client that withholds the third segment.
                    """,
                zh: "地址少、次数多：SYN+ACK 到不了客户端，或客户端的应答到不了本机。多半是路径不对称，或防火墙只放行一个方向；有时是扫描器，或故意不发第三个报文的测试客户端。")
        ],
        explanation: Phrase(
            en: """
                Opening takes three segments: SYN, SYN and ACK in one, ACK. Here the third does not come. The kernel \
                repeats its SYN+ACK (after 1, 2, 4 … seconds) and gives up after tcp_synack_retries. With few clients \
                it is the path: capture on both ends and see which segment gets lost. With very many clients see \
                syn_flood.
                """,
            zh: """
                建立连接需要三个报文：SYN、合在一起的 SYN 和 ACK、ACK。这里缺的是第三个。内核会重发 SYN+ACK（1、2、4…… 秒后），\
                tcp_synack_retries 次后放弃。客户端少时，是路径的问题：在两端抓包，看哪个报文丢了。客户端非常多时见 syn_flood。
                """),
        remedies: [:])
}
