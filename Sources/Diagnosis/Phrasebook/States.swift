import TCP

extension Phrasebook {
    /// What a state means, who is at fault when it piles up, what is normal, what to do.
    static func states(_ state: State) -> Phrase {
        switch state {
        case .closed:
            Phrase(
                en: """
                    CLOSED is the beginning and the end: there is no connection.

                    Tools do not list it. But a TCP socket in CLOSED may still hold a descriptor: one that was reset, \
                    destroyed or never connected, and that the program did not close. `ss` shows nothing, and "too many \
                    open files" remains. Linger shows these sockets (finding closed_descriptors).
                    """,
                zh: """
                    CLOSED 是起点也是终点：没有连接。

                    各种工具都不列出它。但处于 CLOSED 的 TCP 套接字仍可能占着描述符：它被重置、被销毁或从未连接，而程序没有关闭它。\
                    `ss` 什么也不显示，“打开文件过多”却依旧。Linger 会显示这些套接字（发现 closed_descriptors）。
                    """)
        case .listen:
            Phrase(
                en: """
                    LISTEN is a server socket that accepts connections.

                    The kernel finishes each handshake alone and puts the connection into the accept queue, where it \
                    waits until the process calls accept. How many may wait is the backlog: what the program gave to \
                    listen(), at most net.core.somaxconn. In `ss`, Recv-Q of a listener is what waits and Send-Q is \
                    the backlog. The kernel turns clients away when more wait than the backlog.

                    Normal: one socket a service, an empty queue. At fault when the queue fills: the process that owns \
                    the listener, which does not call accept, or too slowly (accept_stalled, accept_queue_full).
                    """,
                zh: """
                    LISTEN 是接受连接的服务器套接字。

                    握手由内核独自完成，连接随后进入 accept 队列，等进程调用 accept。最多能等多少由 backlog 决定：程序传给 listen() 的值，\
                    且不超过 net.core.somaxconn。在 `ss` 中，监听套接字的 Recv-Q 是正在等待的数量，Send-Q 是 backlog。\
                    等待数超过 backlog 时，内核会拒绝客户端。

                    正常情况：每个服务一个套接字，队列为空。队列变满时，责任在拥有监听套接字的进程：它不调用 accept，或太慢\
                    （accept_stalled、accept_queue_full）。
                    """)
        case .synSent:
            Phrase(
                en: """
                    SYN_SENT: the client has sent its SYN, the first of three segments, and awaits the answer.

                    Normal for one round trip. If it stays, the destination does not answer: the host is down, a \
                    firewall drops the SYN silently, or the listener's queue over there is full. A closed port would \
                    refuse at once. The kernel repeats the SYN after 1, 2, 4 … seconds, tcp_syn_retries times.

                    To do: find out which destination (connect_unanswered), check the path, and give connect a timeout \
                    of seconds in the program.
                    """,
                zh: """
                    SYN_SENT：客户端已发出 SYN，即三个报文中的第一个，正在等应答。

                    正常只持续一个往返。如果停住，就是目标没有应答：主机宕机、防火墙悄悄丢弃 SYN，或对面监听者的队列已满。\
                    端口没开会立刻被拒绝。内核在 1、2、4…… 秒后重发 SYN，共 tcp_syn_retries 次。

                    要做的：找出是哪个目标（connect_unanswered），检查路径，并在程序里给 connect 设几秒的超时。
                    """)
        case .synReceived:
            Phrase(
                en: """
                    SYN_RCVD: the server has received a SYN and sent its SYN+ACK, an acknowledgement of the client's \
                    SYN and a question of its own in one segment. It waits for the client's acknowledgement, the third \
                    segment.

                    It is so short-lived that netstat almost never shows it, unless a client withholds the third \
                    segment. Many of them mean a SYN flood with forged addresses (syn_flood), or a path on which the \
                    SYN+ACK or the third segment gets lost (handshake_stuck).

                    To do: SYN cookies on (net.ipv4.tcp_syncookies=1, the default), a capture on both ends, filters at \
                    the edge.
                    """,
                zh: """
                    SYN_RCVD：服务器收到 SYN 并发出 SYN+ACK，即在一个报文里既确认客户端的 SYN，又发出自己的询问。\
                    它在等客户端的确认，也就是第三个报文。

                    它非常短暂，netstat 几乎看不到，除非客户端故意不发第三个报文。数量很多说明是伪造地址的 SYN 泛洪（syn_flood），\
                    或者路径上 SYN+ACK 或第三个报文丢失（handshake_stuck）。

                    要做的：打开 SYN cookie（net.ipv4.tcp_syncookies=1，默认值），在两端抓包，在边界过滤。
                    """)
        case .established:
            Phrase(
                en: """
                    ESTABLISHED: the connection is open, and data can go both ways.

                    Normal, busy or idle. What can be wrong: the peer vanished while data was under way \
                    (peer_unresponsive: repeated with growing pauses), the peer does not read (zero_window), nothing \
                    has moved for long and without keepalive nobody would notice a dead peer (idle_without_keepalive), \
                    nobody ever accepted it (accept_stalled), or there are just too many (many_connections, \
                    ephemeral_ports).

                    Beware: the kernel's counter CurrEstab counts CLOSE_WAIT as established.
                    """,
                zh: """
                    ESTABLISHED：连接已打开，数据可以双向传输。

                    忙或闲都正常。可能的问题：数据在途时对端消失（peer_unresponsive：以越来越长的间隔重传）；对端不读（zero_window）；\
                    很久没有数据流动，又没有保活，对端死了也没人知道（idle_without_keepalive）；从没有人 accept 过它（accept_stalled）；\
                    或者只是太多（many_connections、ephemeral_ports）。

                    注意：内核计数器 CurrEstab 把 CLOSE_WAIT 也算作已建立。
                    """)
        case .finWait1:
            Phrase(
                en: """
                    FIN_WAIT_1: this side closed actively, that is first, and sent its FIN. A FIN says only that no \
                    more data comes in this direction. It waits for the peer's acknowledgement and FIN.

                    Usually over at once, so hard to see: with the acknowledgement it becomes FIN_WAIT_2; a segment \
                    with both FIN and ACK leads straight to TIME_WAIT; the peer's FIN before the ACK leads to CLOSING. \
                    If it stays, the peer or the path is gone, or the peer's window is closed and data is left before \
                    the FIN (closing_stuck).

                    It mostly is an orphan: the kernel repeats and gives up after tcp_orphan_retries.
                    """,
                zh: """
                    FIN_WAIT_1：本端主动关闭，即先关闭，已发出 FIN。FIN 只表示这个方向不再有数据。本端在等对端的确认和 FIN。

                    通常一闪而过，所以很难看到：收到确认就变成 FIN_WAIT_2；收到同时带 FIN 和 ACK 的报文则直接进入 TIME_WAIT；\
                    先收到对端的 FIN、还没收到 ACK，则进入 CLOSING。如果停住，就是对端或路径没了，或对端窗口关闭而 FIN 之前还有数据\
                    （closing_stuck）。

                    它大多是孤儿连接：由内核重传，在 tcp_orphan_retries 次后放弃。
                    """)
        case .finWait2:
            Phrase(
                en: """
                    FIN_WAIT_2: the peer has acknowledged this side's FIN but has not closed: half a connection, over \
                    which data can still arrive. Sometimes seen in netstat.

                    Two kinds look the same in netstat. Orphaned: the process has closed, and the kernel ends it after \
                    tcp_fin_timeout (60 s by default): normal (fin_wait_2_orphaned). Still held: the process only shut \
                    down its sending half and waits; no timer runs, and it can stay for ever (fin_wait_2_held).

                    The peer stands in CLOSE_WAIT: its application is the one that does not close. On this side: a \
                    timeout after shutdown, then close.
                    """,
                zh: """
                    FIN_WAIT_2：对端已确认本端的 FIN，但没有关闭：连接只剩一半，数据仍可能到达。netstat 中有时能看到。

                    有两种，在 netstat 里看起来一样。孤儿：进程已经关闭，内核在 tcp_fin_timeout（默认 60 秒）后结束它，属正常（fin_wait_2_orphaned）。\
                    仍被持有：进程只关闭了发送方向，还在等；没有定时器，可能永远存在（fin_wait_2_held）。

                    对端停在 CLOSE_WAIT：不关闭的是对端的应用程序。本端能做的：shutdown 之后设超时，超时就 close。
                    """)
        case .timeWait:
            Phrase(
                en: """
                    TIME_WAIT: the peer's FIN came and was acknowledged; after 2 MSL (60 s in Linux) the state is \
                    CLOSED. It stands on the side that closed first. Two ways lead here: over FIN_WAIT_2 or CLOSING, \
                    and straight from FIN_WAIT_1, by a segment with both FIN and ACK.

                    It is normal and harmless: it belongs to no process, costs about 250 bytes, and keeps late segments \
                    away from a new connection between the same ends. On the server's side it takes no ephemeral port.

                    It is a problem only when it takes the ephemeral ports of a client towards one destination \
                    (time_wait_ports) or comes near tcp_max_tw_buckets (time_wait_buckets). Then: keep connections and \
                    use them again, widen ip_local_port_range, tcp_tw_reuse=1 for clients. Never tcp_tw_recycle: it \
                    broke clients behind NAT and was removed in Linux 4.12.
                    """,
                zh: """
                    TIME_WAIT：对端的 FIN 已到并已确认；2 MSL（Linux 中为 60 秒）之后变为 CLOSED。它出现在先关闭的一方。\
                    有两条路通向这里：经过 FIN_WAIT_2 或 CLOSING；或从 FIN_WAIT_1 收到同时带 FIN 和 ACK 的报文直接到达。

                    它是正常的，无害：不属于任何进程，约占 250 字节，防止迟到的报文进入相同两端之间的新连接。在服务器一侧它不占临时端口。

                    只有当它占满客户端到某个目标的临时端口（time_wait_ports），或接近 tcp_max_tw_buckets（time_wait_buckets）时才是问题。\
                    办法：保持连接并重复使用，扩大 ip_local_port_range，对客户端设置 tcp_tw_reuse=1。\
                    绝不要用 tcp_tw_recycle：它会破坏 NAT 后面的客户端，已在 Linux 4.12 中移除。
                    """)
        case .closing:
            Phrase(
                en: """
                    CLOSING: this side sent its FIN and then got the peer's FIN before the ACK of its own, so both \
                    sides closed at nearly the same moment. It waits for that ACK, and then goes to TIME_WAIT.

                    Rare and short. If it stays, the peer or the path has gone in the middle of closing \
                    (closing_stuck). The kernel repeats the FIN and gives up; nobody has to do anything.
                    """,
                zh: """
                    CLOSING：本端发出 FIN 之后，在收到自己 FIN 的 ACK 之前，先收到了对端的 FIN，即双方几乎同时关闭。\
                    它在等那个 ACK，然后进入 TIME_WAIT。

                    很少见，也很短。如果停住，就是关闭过程中对端或路径没了（closing_stuck）。内核会重发 FIN，直到放弃；不需要人做什么。
                    """)
        case .closeWait:
            Phrase(
                en: """
                    CLOSE_WAIT: the peer closed, the kernel acknowledged it, and now it is this side's application that \
                    has to look whether it still has data to send, and close.

                    TCP closes each direction on its own. The peer's FIN says only that no more data comes from there; \
                    this side may still send. That is why the kernel waits for the application, and why no timer ends \
                    CLOSE_WAIT.

                    At fault when it piles up: always the local program, never the network or the peer. It does not \
                    close what its peers closed (close_wait_leak), or it has not even accepted it: CLOSE_WAIT without \
                    descriptor (inode 0) stands in a listener's accept queue (accept_stalled). Normal: a few for \
                    milliseconds, and a client's idle pool (close_wait_pool).

                    To do: find the process, restart it or end it (a process that ends releases every descriptor), and \
                    have the missing close added. Sockets that were inherited over fork are released only when all of \
                    the processes let go: kill -9 of one alone changes nothing.
                    """,
                zh: """
                    CLOSE_WAIT：对端已关闭，内核已确认；现在要由本端的应用程序检查是否还有数据要发，然后关闭。

                    TCP 的两个方向各自关闭。对端的 FIN 只表示那边不再有数据来；本端仍可以发送。所以内核要等应用程序，\
                    也没有定时器会结束 CLOSE_WAIT。

                    堆积时的责任：永远在本机程序，不在网络，也不在对端。要么程序不关闭对端已关闭的连接（close_wait_leak），\
                    要么连 accept 都没有：没有描述符（inode 为 0）的 CLOSE_WAIT 停在监听者的 accept 队列里（accept_stalled）。\
                    正常的情况：少量、只有几毫秒，以及客户端的空闲连接池（close_wait_pool）。

                    要做的：找到进程，重启或结束它（进程结束会释放它的所有描述符），并让开发补上缺少的 close。\
                    通过 fork 继承的套接字，要所有进程都放手才会释放：只对其中一个 kill -9 没有任何效果。
                    """)
        case .lastAck:
            Phrase(
                en: """
                    LAST_ACK: the peer closed first, this side, the passive one, then sent its FIN and waits for the \
                    last ACK (the received sequence number plus one: a FIN uses one sequence number, as a SYN does).

                    Normal for one round trip. If it stays, the peer has gone without that ACK (closing_stuck). The \
                    kernel repeats the FIN and gives up after tcp_orphan_retries; nobody has to do anything.
                    """,
                zh: """
                    LAST_ACK：对端先关闭，本端作为被动方随后发出 FIN，在等最后的 ACK（收到的序号加一：FIN 与 SYN 一样占一个序号）。

                    正常只持续一个往返。如果停住，就是对端没有发这个 ACK 就消失了（closing_stuck）。内核会重发 FIN，\
                    在 tcp_orphan_retries 次后放弃；不需要人做什么。
                    """)
        }
    }
}
