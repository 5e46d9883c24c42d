extension Phrasebook {
    /// Remedies of more than one rule.
    static let sharedRemedies: [RemedyKey: RemedyPhrases] = [
        .findHolder: RemedyPhrases(
            text: Phrase(en: "Look again as root: then the holder is seen.", zh: "以 root 身份再看一次：就能看到持有者。"),
            risk: Phrase(en: "None.", zh: "无。")),
        .restartUnit: RemedyPhrases(
            text: Phrase(
                en: "Restart the service: all of its processes let go of everything.", zh: "重启服务：它的所有进程会放开一切。"),
            risk: Phrase(
                en: "Its healthy connections end too; plan it, or drain the host first.",
                zh: "健康的连接也会断开；请安排时间，或先摘除流量。")),
        .killHolders: RemedyPhrases(
            text: Phrase(
                en: "End the process (kill -9 if it does not react): the kernel closes every descriptor that it holds.",
                zh: "结束进程（没有反应就用 kill -9）：内核会关闭它持有的所有描述符。"),
            risk: Phrase(
                en: "Everything that it does ends, healthy connections and unsaved work too.",
                zh: "它的一切都会中断，包括健康的连接和未保存的工作。")),
        .killAllSharers: RemedyPhrases(
            text: Phrase(
                en:
                    "End all of the processes {pids} (kill -9 if they do not react). Ending one alone releases nothing: the others hold the same sockets.",
                zh: "要结束全部进程 {pids}（没有反应就用 kill -9）。只结束一个什么也不会释放：其他进程持有同样的套接字。"),
            risk: Phrase(
                en: "Everything that they do ends, healthy connections and unsaved work too.",
                zh: "它们的一切都会中断，包括健康的连接和未保存的工作。")),
        .destroySockets: RemedyPhrases(
            text: Phrase(
                en: "The kernel can destroy single sockets (ss -K with a filter).", zh: "内核可以销毁单个套接字（ss -K 加过滤条件）。"),
            risk: Phrase(
                en:
                    "The peer gets a reset. The descriptor stays open, where ss no longer shows it: \"too many open files\" remains. ss -K reports no failure and would destroy a listener too.",
                zh: "对端会收到 RST。描述符仍然开着，而且 ss 不再显示它：“打开文件过多”依旧。ss -K 失败时不报错，也会毫不询问地销毁监听套接字。")),
        .doNothing: RemedyPhrases(
            text: Phrase(en: "Nothing: it ends by itself or does no harm.", zh: "什么都不用做：它会自行结束，或者没有害处。"),
            risk: Phrase(en: "None.", zh: "无。")),
    ]
}
