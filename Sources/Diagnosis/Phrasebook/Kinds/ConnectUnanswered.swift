extension KindPhrases {
    static let connectUnanswered = KindPhrases(
        kind: .connectUnanswered,
        title: Phrase(en: "Destination that does not answer", zh: "目标没有应答"),
        headline: Phrase(
            en:
                "{who} waits for an answer to {connections}[ to {destination}] (SYN_SENT)[; no answer for at least {oldest_ms}].",
            zh: "{who} 发起的 {connections}[（目标 {destination}）]没有得到应答（SYN_SENT）[；至少 {oldest_ms}没有应答]。"),
        causes: [
            .connectDestination: Phrase(
                en: """
                    Nothing comes back from the destination, not even a refusal: the host is down, a firewall drops the \
                    SYN silently, or the listener's queue over there is full.
                    """,
                zh: "目标没有任何回应，连拒绝都没有：主机已宕机、防火墙悄悄丢弃 SYN，或那边监听者的队列已满。"),
            .connectManyDestinations: Phrase(
                en: """
                    {destinations} destinations do not answer: this host's own way out is broken (route, firewall, NAT), \
                    or a program scans.
                    """,
                zh: "有 {destinations} 个目标没有应答：本机的出口有问题（路由、防火墙、NAT），或者有程序在扫描。"),
        ],
        explanation: Phrase(
            en: """
                In SYN_SENT the client has sent its SYN and awaits the answer. The kernel repeats it after 1, 2, 4 … \
                seconds, tcp_syn_retries times (6: more than two minutes). A closed port would refuse at once, so \
                silence means that the SYN or its answer is dropped. Programs should set a connect timeout of a few \
                seconds of their own.
                """,
            zh: """
                处于 SYN_SENT 时，客户端已发出 SYN，在等应答。内核在 1、2、4…… 秒后重发，共 tcp_syn_retries 次（默认 6 次，超过两分钟）。\
                端口没开会立刻被拒绝，所以没有声音说明 SYN 或应答被丢弃了。程序应自己设置几秒的连接超时。
                """),
        remedies: [
            .connectTimeout: RemedyPhrases(
                text: Phrase(
                    en:
                        "Give connect a timeout of seconds in the program, and stop trying for a while after it (circuit breaker).",
                    zh: "在程序里给 connect 设几秒的超时，失败后暂停一段时间再试（熔断）。"),
                risk: Phrase(
                    en: "Over a slow path a timeout that is too short never connects.", zh: "路径很慢时，超时太短会永远连不上。")),
            .checkDestination: RemedyPhrases(
                text: Phrase(
                    en: "Try the destination by hand: a refusal, an answer or silence tell three different stories.",
                    zh: "手工连一下目标：被拒绝、有应答、没有声音，是三种不同的情况。"),
                risk: Phrase(en: "None.", zh: "无。")),
        ])
}
