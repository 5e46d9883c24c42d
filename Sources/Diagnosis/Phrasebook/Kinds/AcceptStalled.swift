extension KindPhrases {
    static let acceptStalled = KindPhrases(
        kind: .acceptStalled,
        title: Phrase(en: "Connections that nobody accepts", zh: "没有人 accept 的连接"),
        headline: Phrase(
            en:
                "{who} does not accept on {listener}: {queue} connections wait in its accept queue[, the oldest for at least {oldest_ms}].",
            zh: "{who} 没有在{listener}上执行 accept：accept 队列里有 {queue} 条连接在等待[，最久的至少已等 {oldest_ms}]。"),
        causes: [
            .acceptStopped: Phrase(
                en: """
                    Not one of the waiting connections was accepted over the sample: the listener has stopped calling \
                    accept. It is stuck (a lock, a blocked event loop, all workers busy), it has run out of \
                    descriptors, or it is stopped.
                    """,
                zh: """
                    采样期间没有一条等待的连接被接受：监听进程已经不再调用 accept。它可能卡住了（锁、事件循环被阻塞、\
                    工作线程全忙）、描述符用尽，或者被暂停了。
                    """),
            .acceptSlow: Phrase(
                en: "The listener still accepts ({accepted_in_sample} over the sample), but slower than clients come.",
                zh: "监听进程仍在接受连接（采样期间 {accepted_in_sample} 条），但比客户端到来的速度慢。"),
            .acceptUnknown: Phrase(
                en: """
                    The listener has stopped calling accept, or is too slow. The queue is first in, first out, so its \
                    head has waited that long. Two samples tell which it is.
                    """,
                zh: "监听进程不再调用 accept，或者太慢。队列是先进先出的，所以队首已经等了这么久。做两次采样就能分清是哪一种。"),
            .acceptBacklogSmall: Phrase(
                en: """
                    The listener accepts ({accepted_in_sample} over the sample), but its backlog of {backlog} is too \
                    short for the bursts in which clients come.
                    """,
                zh: "监听进程在接受连接（采样期间 {accepted_in_sample} 条），但 backlog 只有 {backlog}，容不下客户端的突发。"),
        ],
        explanation: Phrase(
            en: """
                The kernel finishes the handshake alone and puts the connection into the listener's accept queue, where \
                it waits until the process calls accept. It has no descriptor yet (inode 0): to the client it looks \
                connected, but nobody answers. If the client gives up, it stands in CLOSE_WAIT, and no process has \
                forgotten to close it: nobody ever had it.

                A few young ones are the queue's purpose. Old ones mean that the process no longer calls accept, or \
                not often enough. Look at what the process does (its stack), and whether it has descriptors left: a \
                loop that fails with EMFILE does not accept.
                """,
            zh: """
                握手由内核独自完成，然后连接进入监听套接字的 accept 队列，等待进程调用 accept。此时它还没有描述符（inode 为 0）：\
                客户端以为已经连上，但没有人应答。如果客户端放弃，它就停在 CLOSE_WAIT；这并不是哪个进程忘了关闭，\
                而是从来没有进程拿到过它。

                队列里有几条新的连接是正常的，队列就是干这个的。等得很久，就说明进程不再调用 accept，或调用得不够快。\
                要看进程在做什么（调用栈），以及它还有没有可用的描述符：accept 因 EMFILE 失败的循环是接受不了连接的。
                """),
        remedies: [
            .stackOfListener: RemedyPhrases(
                text: Phrase(
                    en: "Look at what the listening process does: the stacks of its threads show where it hangs.",
                    zh: "看看监听进程在做什么：各线程的调用栈会显示它卡在哪里。"),
                risk: Phrase(
                    en: "The process stands still for a second while the debugger reads it.",
                    zh: "调试器读取时，进程会停顿约一秒。")),
            .acceptMore: RemedyPhrases(
                text: Phrase(
                    en:
                        "Accept in a loop of its own that hands connections on, with enough workers behind it and a limit on what it takes.",
                    zh: "用独立的循环执行 accept 并把连接交给后面的工作线程；工作线程要足够，并限制接收的总量。"),
                risk: Phrase(
                    en: "Accepting faster than working only moves the queue into the process.",
                    zh: "如果 accept 快于处理，只是把队列搬进了进程内部。")),
        ])
}
