import Clearing
import Kernel
import Sockets
import TCP

/// What `linger clear` says to a person, in English and Chinese.
struct ClearMessages: Sendable {
    let language: Language

    private func pick(_ english: String, _ chinese: String) -> String { language == .zh ? chinese : english }

    private func plural(_ count: Int, _ one: String, _ many: String? = nil) -> String {
        "\(count) \(count == 1 ? one : many ?? one + "s")"
    }

    // MARK: Errors

    var filterOrFinding: String {
        pick(
            "say what to clear: a filter, as in 'state close-wait pid = 812', or --finding NUMBER-OR-KIND of linger doctor",
            "请说明要清理什么：过滤条件（例如 'state close-wait pid = 812'），或用 --finding 指定 linger doctor 的发现")
    }

    var filterAndFinding: String {
        pick("--finding does not go with a filter: name one of them", "--finding 不能和过滤条件一起用：请只给一个")
    }

    var replayed: String {
        pick(
            "--yes does not go with --replay: a recording holds nothing that could be cleared",
            "--yes 不能和 --replay 一起用：记录里没有可清理的连接")
    }

    func couldMeanEverything(_ filter: String) -> String {
        let filter = filter.escapedForTerminal
        return pick(
            "the filter '\(filter)' could mean every connection of the host, this session too: name a state that piles up, a process, a port or an address; or give --even-everything",
            "过滤条件 '\(filter)' 可能匹配主机上的所有连接（包括当前会话）：请指定堆积的状态、进程、端口或地址；或者加上 --even-everything")
    }

    var reuse: String {
        pick(
            "--by close frees the number while the program still believes that it has it; when it closes it later, it may close something else. --by release does not have that danger. To close all the same, give --even-reuse",
            "--by close 会释放描述符编号，而程序仍以为自己持有它；它以后再关闭这个编号时，可能关掉别的东西。--by release 没有这个危险。如果仍要关闭，请加上 --even-reuse")
    }

    func badNumber(_ option: String, _ range: String) -> String {
        pick("\(option) needs a number \(range)", "\(option) 需要一个数（\(range)）")
    }

    func noFinding(_ name: String, _ kinds: [String]) -> String {
        let name = name.escapedForTerminal
        guard !kinds.isEmpty else {
            return pick("there is no finding \(name): linger doctor finds nothing", "没有发现 \(name)：linger doctor 没有发现问题")
        }
        let list = kinds.enumerated().map { "\($0.offset + 1) \($0.element)" }.joined(separator: ", ")
        return pick("there is no finding \(name); there are: \(list)", "没有发现 \(name)；现有：\(list)")
    }

    func manyFindings(_ kind: String, _ numbers: [Int]) -> String {
        let list = numbers.map { "\($0):\(kind)" }.joined(separator: ", ")
        return pick("there is more than one \(kind): name one of \(list)", "\(kind) 不止一个：请指定 \(list) 之一")
    }

    func bareNumber(_ number: Int, _ kind: String) -> String {
        pick(
            "finding \(number) may be another one by now: name its kind too, as in --finding \(number):\(kind)",
            "编号 \(number) 现在可能已是另一个发现：请同时写出种类，例如 --finding \(number):\(kind)")
    }

    func otherKind(_ number: Int, _ wanted: String, _ found: String) -> String {
        pick(
            "finding \(number) is \(found) now, not \(wanted): look again with linger doctor",
            "编号 \(number) 现在是 \(found)，不是 \(wanted)：请重新运行 linger doctor")
    }

    func noConnections(_ kind: String) -> String {
        pick("the finding \(kind) is about no connection that could be cleared", "发现 \(kind) 没有可清理的连接")
    }

    func cannotAudit(_ path: String, _ reason: String) -> String {
        let path = path.escapedForTerminal
        return pick(
            "nothing was done: the audit record \(path) cannot be written (\(reason)). Make room, name another file with --audit FILE, or go on without one by --without-audit",
            "什么也没有做：无法写入审计记录 \(path)（\(reason)）。请腾出空间，用 --audit 指定别的文件，或用 --without-audit 不写记录")
    }

    func auditStopped(_ reason: String) -> String {
        pick(
            "stopped: the audit record could not be written any more (\(reason)); what was done until then is shown",
            "已停止：审计记录无法继续写入（\(reason)）；此前所做的已列出")
    }

    var stopped: String {
        pick(
            "stopped at the first refusal; --keep-going goes on with the rest",
            "遇到第一次拒绝后停止；用 --keep-going 可继续处理其余部分")
    }

    var unseen: String {
        pick("part of the host could not be seen: what is there is not in this plan", "主机有一部分没能看到：那里的连接不在计划之内")
    }

    var noMatch: String { pick("no connection matches: nothing to clear", "没有符合条件的连接：无需清理") }
    var nothingPlanned: String {
        pick("every connection that matches is left alone (see above): nothing to clear", "所有符合条件的连接都不予处理（见上）：没有可清理的")
    }

    // MARK: The plan

    func headline(_ connections: Int, _ processes: Int) -> (tag: String, text: String) {
        (
            pick("PLAN", "计划"),
            pick(
                "\(plural(connections, "connection")) of \(plural(processes, "process", "processes")) to be cleared.",
                "将清理 \(processes) 个进程的 \(connections) 条连接。")
        )
    }

    func levelLine(_ level: Level, _ count: Int, _ states: String) -> String {
        pick("\(level.rawValue): \(plural(count, "connection")) (\(states))", "\(level.rawValue)：\(count) 条（\(states)）")
    }

    func explain(_ level: Level) -> String {
        switch level {
        case .shutdown:
            pick(
                "The kernel sends a FIN, as if the program had ended the connection itself. The program keeps its descriptors and reads the end of file.",
                "内核发送 FIN，就像程序自己结束了连接。描述符仍在程序手里，读取会得到文件结束。")
        case .destroy:
            pick(
                "The kernel drops the connection at once; what was not sent or read is lost. The program keeps its descriptors; its next call on them fails.",
                "内核立即丢弃连接；未发送和未读取的数据会丢失。描述符仍在程序手里，它下一次使用时会出错。")
        case .release:
            pick(
                "Each process is stopped for milliseconds. The number stays taken, by a socket that is shut down, so a later close by the program hits nothing else.",
                "每个进程会停顿几毫秒。编号继续被一个已关闭的套接字占用，程序以后再关闭它也不会碰到别的东西。")
        case .close:
            pick(
                "Each process is stopped for milliseconds. The number becomes free: if the program closes it again later, it may close something else.",
                "每个进程会停顿几毫秒。编号会被释放：如果程序以后再次关闭它，可能关掉别的东西。")
        case .restart:
            pick(
                "Everything that these services do ends, healthy connections too.", "这些服务的一切都会中断，包括健康的连接。")
        case .kill:
            pick(
                "Everything that these processes do ends, healthy connections and unsaved work too.",
                "这些进程的一切都会中断，包括健康的连接和未保存的工作。")
        }
    }

    func peers(_ sign: Level.Sign, _ count: Int) -> String {
        switch sign {
        case .fin: pick("\(plural(count, "peer")) will see a FIN (a proper end)", "\(count) 个对端会收到 FIN（正常结束）")
        case .reset: pick("\(plural(count, "peer")) will see an RST (connection reset)", "\(count) 个对端会收到 RST（连接被重置）")
        case .nothing: pick("\(plural(count, "peer")) will see nothing", "\(count) 个对端不会收到任何报文")
        }
    }

    func staysOpen(_ descriptors: Int) -> String {
        pick(
            "\(plural(descriptors, "descriptor")) will stay open: \"too many open files\" is not cured by this; --by release is the level that frees the sockets",
            "\(descriptors) 个描述符会保持打开：“打开的文件过多”不会因此消失；要释放套接字请用 --by release")
    }

    var processesTitle: String { pick("Processes", "进程") }
    var leftTitle: String { pick("Left alone", "不处理") }

    func process(_ target: Target, _ descriptors: [Int32]) -> String {
        let name = "\(target.command.escapedForTerminal) (pid \(target.pid))"
        let shown = descriptors.prefix(12).map { String($0) }.joined(separator: ", ")
        let more =
            descriptors.count > 12 ? pick(" and \(descriptors.count - 12) more", " 等 \(descriptors.count) 个") : ""
        return pick("\(name): descriptors \(shown)\(more)", "\(name)：描述符 \(shown)\(more)")
    }

    func restart(_ command: String) -> String { pick("runs: \(command)", "将运行：\(command)") }
    func container(_ command: String) -> String {
        pick("its container is not restarted from here; run: \(command)", "不会从这里重启容器；请运行：\(command)")
    }

    func left(_ count: Int, _ reason: LeftAlone.Reason) -> String {
        let some = plural(count, "connection")
        switch reason {
        case .limit: return pick("\(some) beyond --limit", "\(count) 条超出 --limit")
        case .guarded(let guarded):
            let why =
                switch guarded {
                case .everything: ""
                case .listeners: pick("they listen: the service would take no connection any more", "是监听套接字：服务将无法再接受连接")
                case .ownSession: pick("this session came through it", "当前会话就是经由它建立的")
                case .ownSockets: pick("they are Linger's own", "是 Linger 自己的套接字")
                case .firstProcess: pick("process 1 holds them", "由 1 号进程持有")
                case .young: pick("younger than --young", "时间短于 --young")
                case .reuse: ""
                }
            return pick(
                "\(some): \(why); --\(guarded.rawValue) includes them", "\(count) 条：\(why)；--\(guarded.rawValue) 可包括它们")
        case .obstacle(let obstacle):
            let why =
                switch obstacle {
                case .noDescriptor:
                    pick(
                        "no process has a descriptor of them: --by destroy reaches them", "没有进程持有描述符：--by destroy 可以处理")
                case .holderUnseen:
                    pick(
                        "who holds them could not be seen: run as root, or --by destroy",
                        "看不到持有者：请以 root 运行，或用 --by destroy")
                case .alreadyShut:
                    pick(
                        "their FIN is out already, shutdown changes nothing: --by destroy ends them",
                        "FIN 已经发出，shutdown 不起作用：用 --by destroy 结束")
                case .mptcp: pick("parts of MPTCP connections", "属于 MPTCP 连接")
                case .noUnit: pick("their process belongs to no systemd service", "其进程不属于任何 systemd 服务")
                case .closed: pick("they are closed already", "已经关闭")
                }
            return pick("\(some): \(why)", "\(count) 条：\(why)")
        }
    }

    var howToApply: String { pick("Nothing was changed. --yes applies this plan.", "没有做任何改动。加上 --yes 执行此计划。") }
    var question: String { pick("Apply this plan? Type yes: ", "执行此计划？请输入 yes：") }
    var notApplied: String { pick("Nothing was changed.", "没有做任何改动。") }

    // MARK: The result

    func outcome(_ cleared: Int, _ planned: Int, _ isComplete: Bool) -> (tag: String, text: String) {
        (
            isComplete ? pick("CLEARED", "已清理") : pick("NOT ALL CLEARED", "未全部清理"),
            pick(
                "\(cleared) of \(plural(planned, "connection")) gone: looked for each again.",
                "\(planned) 条连接中有 \(cleared) 条已消失：已逐条重新检查。")
        )
    }

    func result(_ result: ItemResult) -> String {
        switch result.outcome {
        case .changed(let change):
            let what =
                switch change {
                case .process: pick("its process is gone or another", "进程已不在或已换成别的")
                case .descriptor: pick("its descriptor is closed or stands for something else", "描述符已关闭或已指向别的东西")
                case .socket: pick("it is gone", "连接已不存在")
                case .state: pick("its state is another", "状态已不同")
                }
            return pick("changed meanwhile: \(what); left alone", "期间已变化：\(what)；未处理") + still(result)
        case .refused(let error):
            return pick("refused: ", "被拒绝：") + error.description.escapedForTerminal + still(result)
        case .notTried: return pick("not tried", "未尝试") + still(result)
        case .acted:
            if result.end == .gone, !result.item.level.keepsDescriptor {
                return pick("gone, but its descriptor is still open", "连接已消失，但描述符仍打开")
            }
            return pick("done", "已执行") + still(result)
        }
    }

    private func still(_ result: ItemResult) -> String {
        switch result.end {
        case .gone: return pick("; gone", "；已消失")
        case .unknown: return pick("; it could not be looked for again", "；无法再次检查")
        case .there(let state):
            let why =
                switch state {
                case .finWait1, .lastAck, .closing: pick("waits for the peer's acknowledgement", "等待对端确认")
                case .finWait2: pick("waits for the peer's FIN", "等待对端的 FIN")
                default: pick("still there", "仍然存在")
                }
            return pick("; \(state.name): \(why)", "；\(state.name)：\(why)")
        }
    }

    func stillOpen(_ target: Target, _ count: Int) -> String {
        pick(
            "\(plural(count, "descriptor")) still open in \(target.command.escapedForTerminal) (pid \(target.pid))",
            "\(target.command.escapedForTerminal)（pid \(target.pid)）仍有 \(count) 个描述符打开")
    }

    func moreResults(_ count: Int) -> String { pick("... and \(count) more like these", "……还有 \(count) 条类似结果") }
    func audited(_ path: String) -> String { pick("Audit record: \(path)", "审计记录：\(path)") }
}
