import Kernel
import Sockets
import TCP
import Watching

extension Messages {
    // MARK: Errors

    func notInStream(_ condition: String) -> String {
        pick(
            "\(condition) is seen by a look, not in the stream: leave it out here, or ask linger list",
            "\(condition) 只能在快照中看到，事件流里没有：请在这里去掉它，或使用 linger list")
    }

    var livesAndSummary: String {
        pick("--lives does not go with --summary: choose one", "--lives 不能和 --summary 一起用：请选其一")
    }

    func badSeconds(_ option: String, _ value: Double) -> String {
        pick("\(option) cannot be \(value): give seconds, 0.1 or more", "\(option) 不能是 \(value)：请给出秒数，至少 0.1")
    }

    func badFollow(_ pid: Int32) -> String {
        pick("--follow needs the number of a process: \(pid) is none", "--follow 需要进程号：\(pid) 不是")
    }

    func badBuffer(_ value: Int) -> String {
        pick(
            "--buffer cannot be \(value): give a power of two from 4 to 1048576 (KiB)",
            "--buffer 不能是 \(value)：请给出 4 到 1048576 之间的 2 的幂（KiB）")
    }

    // MARK: Notes

    func acceptsUnseen(_ reason: String) -> String {
        pick(
            "who accepts is not seen (\(reason)): owners of incoming connections come from looks only",
            "看不到谁调用了 accept（\(reason)）：传入连接的持有者只能来自快照")
    }

    func bySnapshots(_ limits: StreamWay.Limits) -> String {
        let every = WatchTable.duration(limits.every / 1000)
        return pick(
            (limits.refusal.map { "no eBPF (\($0.description)); " } ?? "")
                + "watching by looks, one every \(every) at most: states that last less are missed, times are bounds, who "
                + "opened a connection is known where a look finds it open, and why it ended mostly not",
            (limits.refusal.map { "无法使用 eBPF（\($0.description)）；" } ?? "")
                + "通过反复查看来观察，最多每 \(every) 一次：更短的状态会漏掉，时间只是界限，只有查看时仍打开着的连接才知道由谁打开，结束的原因大多不知道")
    }

    func withoutNotices(_ reason: String) -> String {
        pick(
            "the kernel's notices of ends are not to be had everywhere (\(reason)): connections that come and go between "
                + "two looks are not even counted there",
            "并非处处都能得到内核的结束通知（\(reason)）：那里在两次查看之间出现又消失的连接连计数都没有")
    }

    var withoutStacks: String {
        pick("--stacks shows nothing without eBPF", "没有 eBPF 时 --stacks 不起作用")
    }

    func lostNotices(_ count: UInt64) -> String {
        pick(
            "lost: \(count) notices of ends; looking again. A larger --buffer helps (above net.core.rmem_max it needs "
                + "CAP_NET_ADMIN).",
            "丢失 \(count) 个结束通知；正在重新查看。加大 --buffer 会有帮助（超过 net.core.rmem_max 需要 CAP_NET_ADMIN）。")
    }

    func lost(_ transitions: UInt64, _ openings: UInt64) -> String {
        pick(
            "lost: \(transitions) transitions, \(openings) openings; looking again to correct what is shown. "
                + "A larger --buffer or a narrower filter helps.",
            "丢失 \(transitions) 个状态变化、\(openings) 个打开事件；正在重新查看以更正。加大 --buffer 或收窄过滤条件会有帮助。")
    }

    func corrected(_ count: Int) -> String {
        pick(
            "a look corrected \(count) connections whose last transitions were not seen",
            "快照更正了 \(count) 个未看到最后状态变化的连接")
    }

    func watchEnd(_ counts: StreamCounts, unseen: UInt64, seconds: UInt64, connections: UInt64) -> String {
        let lost = counts.lostTransitions + counts.missedRuns
        var seen = pick(
            "watched for \(seconds) s: \(counts.transitions) transitions and \(counts.openings) openings seen, "
                + "\(connections) connections finished; ",
            "观察了 \(seconds) 秒：看到 \(counts.transitions) 个状态变化和 \(counts.openings) 个打开事件，\(connections) 个连接结束；")
        if counts.brief > 0 {
            seen += pick(
                "\(counts.brief) of them came and went between two looks; ", "其中 \(counts.brief) 个在两次查看之间出现又消失；")
        }
        if counts.isComplete {
            if unseen == 0 { return seen + pick("nothing was lost", "没有丢失") }
            return seen
                + pick(
                    "\(unseen) transitions were missed, and what they changed was corrected",
                    "漏掉 \(unseen) 个状态变化，其结果已更正")
        }
        return seen
            + pick(
                "lost \(lost) transitions and \(counts.lostOpenings) openings",
                "丢失 \(lost) 个状态变化和 \(counts.lostOpenings) 个打开事件")
            + (counts.lostNotices > 0
                ? pick(", \(counts.lostNotices) notices of ends", "、\(counts.lostNotices) 个结束通知") : "")
            + (counts.undecoded > 0 ? pick(", \(counts.undecoded) unreadable", "，\(counts.undecoded) 个无法解读") : "")
    }

    // MARK: Words in lines

    func ending(_ ending: LifeEnding) -> String {
        switch ending {
        case .orderly: pick("orderly", "正常关闭")
        case .resetByPeer: pick("reset by peer", "被对端重置")
        case .resetHere: pick("reset here", "被本端重置")
        case .refused: pick("refused", "被拒绝")
        case .timedOut: pick("timed out", "超时")
        case .unreachable: pick("unreachable", "不可达")
        case .destroyed: pick("destroyed from outside", "被外部销毁")
        case .abandoned: pick("given up", "放弃连接")
        case .noPort: pick("no free port", "无可用端口")
        case .orphaned: pick("orphaned", "成为孤儿")
        case .stoppedListening: pick("stopped listening", "停止监听")
        case .unseen: pick("end not seen", "未看到结束")
        }
    }

    func closedFirst(_ side: Life.Side?) -> String {
        switch side {
        case .here: pick("here", "本端")
        case .peer: pick("peer", "对端")
        case .both: pick("both", "双方")
        case nil: "-"
        }
    }

    func direction(_ isOutgoing: Bool?) -> String {
        switch isOutgoing {
        case true?: pick("out", "传出")
        case false?: pick("in", "传入")
        case nil: "-"
        }
    }

    var transitionTitles: [String] {
        pick("TIME,LOCAL,REMOTE,TRANSITION,AFTER,PROCESS", "时间,本端,远端,状态变化,历时,进程").split(separator: ",")
            .map(String.init)
    }

    var lifeTitles: [String] {
        pick(
            "TIME,LOCAL,REMOTE,WAY,LASTED,ENDING,CLOSED FIRST,SENT,RECEIVED,RETRANS,PROCESS",
            "时间,本端,远端,方向,历时,结局,先关闭,发送,接收,重传,进程"
        ).split(separator: ",").map(String.init)
    }

    var summaryTitles: [String] {
        pick(
            "OPENED,CLOSED,NOW,CLOSE_WAIT,LASTED P50,P99,PROCESS,THROUGH",
            "打开,关闭,现有,CLOSE_WAIT,历时 P50,P99,进程,经由"
        ).split(separator: ",").map(String.init)
    }

    /// The listener in whose queue a connection stands.
    func waitsFor(_ process: String) -> String { pick("waits for \(process)", "等待 \(process)") }
    var nobodySeen: String { "-" }
    func listenerName(_ port: UInt16) -> String { pick("listener :\(port)", "监听者 :\(port)") }

    func way(_ way: Opening.Way) -> String {
        switch way {
        case .connect: pick("connects", "发起连接")
        case .accept: pick("accepts", "接受连接")
        case .listen: pick("listens", "开始监听")
        case .held: pick("has it open", "持有")
        }
    }

    /// Frames of an interpreter are its own, not those of the program that it runs.
    func runtime(_ name: String) -> String {
        pick("\(name): native frames; its own where it writes a perf map", "\(name)：原生栈帧；若其写出 perf map 则显示自身的栈帧")
    }

    /// - Parameter opened: how many of them were opened where.
    func leak(_ leak: LeakVerdict, through: String, _ opened: (Int, String)?) -> String {
        let who = (leak.group.command ?? "-").escapedForTerminal
        let longest = WatchTable.duration(leak.longest)
        var text: String
        switch leak.basis {
        case .closedOthers(let count, let slowest):
            text = pick(
                "\(leak.overdue) of \(leak.waiting) in CLOSE_WAIT (\(who), \(through)) wait longer than any of the \(count) "
                    + "that it closed: the slowest took \(WatchTable.duration(slowest)), these wait up to \(longest)",
                "\(leak.waiting) 个 CLOSE_WAIT（\(who)，\(through)）中有 \(leak.overdue) 个比它关闭过的 \(count) 个都久："
                    + "最慢的用了 \(WatchTable.duration(slowest))，这些最长已等 \(longest)")
        case .closedNone:
            text = pick(
                "\(leak.overdue) of \(leak.waiting) in CLOSE_WAIT (\(who), \(through)) wait up to \(longest), and it closed "
                    + "hardly one while it was watched",
                "\(leak.waiting) 个 CLOSE_WAIT（\(who)，\(through)）中有 \(leak.overdue) 个已等到 \(longest)，观察期间它几乎没有关闭过")
        }
        if let (count, place) = opened {
            text += pick(
                "; \(count) of them were opened in \(place.escapedForTerminal)",
                "；其中 \(count) 个在 \(place.escapedForTerminal) 打开")
        }
        return text
    }
}
