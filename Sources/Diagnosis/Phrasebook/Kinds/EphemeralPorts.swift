extension KindPhrases {
    static let ephemeralPorts = KindPhrases(
        kind: .ephemeralPorts,
        title: Phrase(en: "Ephemeral ports run out", zh: "临时端口即将耗尽"),
        headline: Phrase(
            en:
                "Open connections[ of {culprit}] from {source} to {destination} take the ephemeral ports: {ports_left} of {ports_total} are left.",
            zh: "[{culprit} ]从 {source} 到 {destination} 的连接占用临时端口：{ports_total} 个中还剩 {ports_left} 个。"),
        causes: [
            .ephemeralPorts: Phrase(
                en: """
                    Each connection from one source address to one destination needs a local port of its own, and most \
                    of these are open connections, not TIME_WAIT: the program keeps or leaks too many.
                    """,
                zh: "同一源地址到同一目标的每条连接都需要独立的本地端口；这里大多数是开着的连接而不是 TIME_WAIT：程序保留得太多，或者泄漏了。")
        ],
        explanation: Phrase(
            en: """
                A connection is told by its four numbers. From one source address to one destination address and port, \
                only the local port is free to choose: ip_local_port_range, less the reserved ports (28,232 by \
                default). When none is left, connect fails with EADDRNOTAVAIL, to this destination only. Typical for \
                proxies and load balancers before one backend.
                """,
            zh: """
                连接由四元组区分。从一个源地址到一个目标地址和端口，只有本地端口可变：即 ip_local_port_range 减去保留端口（默认 28,232 个）。\
                用完之后，connect 会失败并返回 EADDRNOTAVAIL，但只影响这个目标。代理和负载均衡器面对单个后端时最常见。
                """),
        remedies: [:])
}
