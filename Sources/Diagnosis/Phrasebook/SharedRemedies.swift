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
        .clearConnections: RemedyPhrases(
            text: Phrase(
                en:
                    "Clear these connections, and the program lives on. This prints the plan and changes nothing; --yes applies it, --by release frees the sockets inside the program.",
                zh: "清除这些连接，程序继续运行。此命令只打印计划，不做改动；加 --yes 才执行，--by release 会在程序内部释放套接字。"),
            risk: Phrase(
                en: "The program finds them ended. The cause stays, and more will come.",
                zh: "程序会发现这些连接已结束。原因还在，还会有新的。")),
        .destroyOrphans: RemedyPhrases(
            text: Phrase(
                en:
                    "Destroy what no process holds any more, if it cannot wait for the kernel. This prints the plan and changes nothing; --yes applies it.",
                zh: "如果等不及内核，可以销毁已没有进程持有的连接。此命令只打印计划，不做改动；加 --yes 才执行。"),
            risk: Phrase(
                en:
                    "What was not acknowledged is lost, and the peer gets a reset.",
                zh: "未确认的数据会丢失，对端会收到 RST。")),
        .keepSetting: RemedyPhrases(
            text: Phrase(
                en: "Keep the new setting over a reboot, once it has proved itself: sysctl -w alone is forgotten.",
                zh: "确认有效后，让新设置在重启后依然生效：仅用 sysctl -w，重启就会丢失。"),
            risk: Phrase(
                en: "A later file in /etc/sysctl.d or /etc/sysctl.conf may set it differently again.",
                zh: "/etc/sysctl.d 中排在后面的文件或 /etc/sysctl.conf 可能又把它改掉。")),
        .keepInNamespace: RemedyPhrases(
            text: Phrase(
                en:
                    "Set it where the network namespace is made, too (--sysctl of the container, securityContext of the pod): a setting lasts as long as its namespace.",
                zh: "同时在创建该网络命名空间的地方设置（容器的 --sysctl、Pod 的 securityContext）：设置与命名空间同生共灭。"),
            risk: Phrase(en: "The container is made anew by it.", zh: "需要重新创建容器。")),
        .doNothing: RemedyPhrases(
            text: Phrase(en: "Nothing: it ends by itself or does no harm.", zh: "什么都不用做：它会自行结束，或者没有害处。"),
            risk: Phrase(en: "None.", zh: "无。")),
    ]
}
