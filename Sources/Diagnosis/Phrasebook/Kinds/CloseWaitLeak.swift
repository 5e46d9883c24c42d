extension KindPhrases {
    static let closeWaitLeak = KindPhrases(
        kind: .closeWaitLeak,
        title: Phrase(en: "CLOSE_WAIT held by a process", zh: "进程一直不关闭 CLOSE_WAIT 连接"),
        headline: Phrase(
            en:
                "{who} {holds} {connections} in CLOSE_WAIT[ on {listener}][ to {destination}][; the oldest for {at_least}{oldest_ms}].",
            zh:
                "{who} {holds} {connections}，处于 CLOSE_WAIT[（{listener}）][（目标 {destination}）][；最久的{at_least}已有 {oldest_ms}]。"
        ),
        causes: [
            .closeWaitShared: Phrase(
                en: """
                    The peers have closed, and this side never did. The sockets are shared: they were open when the \
                    process forked, so each process has its own descriptor of the same socket. The kernel sends the FIN \
                    only when the last of them is closed. Closing or killing in one process releases nothing while \
                    another holds on.
                    """,
                zh: """
                    对端已经关闭，本端一直没有关闭。这些套接字是共享的：进程 fork 时它们已经打开，所以每个进程都有\
                    指向同一个套接字的描述符。只有最后一个描述符关闭后，内核才会发出 FIN。只在其中一个进程里关闭、\
                    或只杀掉其中一个进程，只要还有别的进程持有，什么也不会释放。
                    """),
            .closeWaitUnread: Phrase(
                en: """
                    The peers have closed, and the program has stopped reading: {with_unread} of the connections still \
                    have data that nobody fetched[ ({unread_bytes})]. The threads or the event loop that should serve \
                    them are blocked, dead or overloaded; the missing close is the consequence.
                    """,
                zh: """
                    对端已经关闭，而程序已不再读取：其中 {with_unread} 条连接里还有没人取走的数据[（{unread_bytes}）]。\
                    负责这些连接的线程或事件循环被阻塞、已退出或过载；没有 close 只是结果。
                    """),
            .closeWaitNotLooking: Phrase(
                en: """
                    The peers have closed, but the program has not looked: in {eof_unread} of the connections the end \
                    of file was never read. It keeps them in a pool or a table without watching them, or the code that \
                    watched them is gone.
                    """,
                zh: """
                    对端已经关闭，但程序没有去看：其中 {eof_unread} 条连接的文件结束标志（EOF）从未被读取。程序把它们放在\
                    连接池或某个表里却不监视，或者负责监视的代码已经退出。
                    """),
            .closeWaitEOFRead: Phrase(
                en: """
                    The peers have closed, the program has read the end of file in {eof_read} of the connections, and \
                    still did not call close. That is a bug in its code: a path (mostly an error path) that returns \
                    without closing the socket.
                    """,
                zh: """
                    对端已经关闭，程序在其中 {eof_read} 条连接上已经读到 EOF，却仍然没有调用 close。这是代码缺陷：\
                    某条路径（多半是出错处理路径）返回时没有关闭套接字。
                    """),
            .closeWaitNotClosed: Phrase(
                en:
                    "The peers have closed, and the program on this side never did. Whether it has read the end of file cannot be seen.",
                zh: "对端已经关闭，本端的程序一直没有关闭。它是否读到了 EOF 无法看到。"),
            .closeWaitFew: Phrase(
                en: """
                    The peers have closed, and this side has not. So few are no pile: it is below the threshold of \
                    {threshold} connections. But nothing ends them by itself, and closing takes milliseconds: look \
                    whether they become more.
                    """,
                zh: """
                    对端已经关闭，本端还没有。这么少还算不上堆积：低于 {threshold} 条连接的阈值。但它们不会自行结束，而关闭只需要几毫秒：\
                    请留意是否越来越多。
                    """),
            .closeWaitUsual: Phrase(
                en: """
                    The peers have closed, and the program has not yet. It takes its time with others too, and closes \
                    them: a busy moment, as far as its own past tells.
                    """,
                zh: "对端已经关闭，程序还没有。它处理其他连接也这么慢，但都会关闭：从它自己的过去看，只是一时繁忙。"),
            .closeWaitUnseen: Phrase(
                en: """
                    The peers have closed, and whoever holds the sockets on this side never did. Who that is could not \
                    be seen: the descriptors of other users' processes need root.
                    """,
                zh: "对端已经关闭，本端的持有者一直没有关闭。持有者是谁看不到：查看其他用户进程的描述符需要 root 权限。"),
        ],
        explanation: Phrase(
            en: """
                The peer has sent its FIN, the kernel has acknowledged it, and now it is the application on this side \
                that has to look whether it still has data to send, and close. No timer ends CLOSE_WAIT: it stays until \
                the application closes or the process ends. So a pile of CLOSE_WAIT is always a matter of the local \
                program, never of the network or the peer.

                The receive queue tells what the program did. 0: it has read the end of file and did not close. 1: it \
                has not looked (the FIN counts as one byte). More: it left data unread, so it has stopped reading.

                The age is a lower bound: the kernel tells when an acknowledgement last came, and a keepalive or a late \
                segment resets that. With a running linger serve it is exact, and the program's own past decides: it leaks \
                what stays longer than all that it was seen to close, and what does not is a busy moment.

                Connections that were never accepted are not meant here: their listener is at fault (accept_stalled). \
                A few old ones of a client that still uses the same destination are a pool (close_wait_pool). Young \
                ones are a busy moment and are not reported.

                Sockets that several processes inherited over fork are released only when all of them close. Ending one \
                of the processes, even by kill -9, releases nothing while another holds on.

                A reset of the peer takes a connection out of CLOSE_WAIT into CLOSED, where ss no longer shows it, and so \
                does ss -K. The descriptor stays open: the leak only seems to shrink (closed_descriptors).

                Beware of graphs of "established" connections: the kernel's CurrEstab counts CLOSE_WAIT too, and so \
                hides the leak.
                """,
            zh: """
                对端已经发来 FIN，内核也已确认；接下来要由本端的应用程序检查是否还有数据要发，然后关闭。没有任何定时器会\
                结束 CLOSE_WAIT：它会一直存在，直到应用程序关闭它或进程结束。所以 CLOSE_WAIT 堆积永远是本机程序的问题，\
                与网络和对端无关。

                接收队列能说明程序做到了哪一步。0：已经读到 EOF，但没有关闭。1：根本没有去看（FIN 算一个字节）。\
                更多：还有数据没读，也就是程序已经停止读取。

                时长是下限：内核只告诉我们最后一次收到 ACK 的时间，而保活探测或迟到的报文会使它重新计时。有 linger serve 运行时，\
                时长是精确的，并由程序自己的过去来判断：比它关闭过的所有连接都久的才算泄漏，否则只是一时繁忙。

                从未被 accept 的连接不算在这里：那是监听者的问题（accept_stalled）。客户端到仍在使用的目标有几条老连接，\
                是连接池（close_wait_pool）。时间很短的只是一时繁忙，不会报告。

                多个进程通过 fork 继承的套接字，要所有进程都关闭才会释放。只结束其中一个进程，哪怕用 kill -9，\
                只要还有进程持有，就什么也不会释放。

                对端发来 RST（或使用 ss -K），会使连接离开 CLOSE_WAIT 进入 CLOSED，ss 不再显示它；但描述符仍然开着：\
                泄漏只是看起来变小了（closed_descriptors）。

                注意“已建立连接数”的监控图：内核的 CurrEstab 把 CLOSE_WAIT 也算在内，会掩盖泄漏。
                """),
        remedies: [
            .watchThem: RemedyPhrases(
                text: Phrase(
                    en: "Nothing yet: look again in an hour whether they are more.", zh: "暂时不用处理：一小时后再看是否变多。"),
                risk: Phrase(en: "None.", zh: "无。")),
            .closeInCode: RemedyPhrases(
                text: Phrase(
                    en:
                        "Close the socket in the program on every path, the error paths too, as soon as a read returns 0 (end of file).",
                    zh: "在程序中，一旦读取返回 0（EOF），每条路径（包括出错路径）都要关闭套接字。"),
                risk: Phrase(en: "None; it needs a new release of the program.", zh: "无风险；需要发布程序的新版本。")),
            .timeoutInCode: RemedyPhrases(
                text: Phrase(
                    en:
                        "Give every connection an idle timeout in the program, so that one that was forgotten ends by itself.",
                    zh: "在程序中给每条连接设置空闲超时，让被遗忘的连接能自行结束。"),
                risk: Phrase(
                    en: "A timeout that is too short cuts slow clients off.", zh: "超时设得太短会断开慢速客户端。")),
            .closeAfterFork: RemedyPhrases(
                text: Phrase(
                    en:
                        "Open sockets with SOCK_CLOEXEC, and close in parent and child what the other one serves, right after fork.",
                    zh: "用 SOCK_CLOEXEC 打开套接字；fork 之后，父子进程都要立即关闭由另一方负责的套接字。"),
                risk: Phrase(
                    en: "A child that was meant to inherit a socket no longer gets it over exec.",
                    zh: "本应通过 exec 继承套接字的子进程将不再得到它。")),
        ])
}
