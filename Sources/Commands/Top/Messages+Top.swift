import Diagnosis
import Sockets
import TCP

// What `linger top` says, on its screen and before it.
extension Messages {
    // MARK: Errors

    var topNeedsTerminal: String {
        pick(
            "linger top draws a screen, and this is no terminal: for programs there are linger list and linger doctor --json",
            "linger top 需要画屏幕，而这里不是终端：程序请使用 linger list 和 linger doctor --json")
    }

    func topUnknownTerminal(_ name: String) -> String {
        let name = name.escapedForTerminal
        return pick(
            "the terminal \(name) is not known here or has no screen: set TERM to one that is, such as xterm or vt100",
            "这里不认识终端 \(name)，或它没有屏幕：请把 TERM 设为已知的类型，例如 xterm 或 vt100")
    }

    func topBadEvery(_ value: Double) -> String {
        pick(
            "--every cannot be \(value): give seconds from 0.2 to 3600",
            "--every 不能是 \(value)：请给出 0.2 到 3600 之间的秒数")
    }

    func topTooSmall(_ columns: Int, _ rows: Int) -> String {
        let least = TopLayout.least
        return pick(
            "This terminal has \(columns)\u{d7}\(rows) cells: linger top needs \(least.columns)\u{d7}\(least.rows).",
            "终端只有 \(columns)\u{d7}\(rows)：linger top 需要 \(least.columns)\u{d7}\(least.rows)。")
    }

    // MARK: The top of the screen

    var topFirstLook: String { pick("looking for the first time …", "正在第一次查看 …") }

    func topPaused(_ clock: String) -> String { pick("PAUSED at \(clock)", "已暂停于 \(clock)") }

    /// What is seen, and how.
    func topSeen(_ sample: TopSample) -> String {
        let sockets = TopText.grouped(sample.connections.count)
        var text = pick("\(sockets) sockets", "\(sockets) 个套接字")
        switch sample.method {
        case .stream(0): text += pick(", every transition (eBPF)", "，看到每次状态变化（eBPF）")
        case .stream(let lost):
            text += pick(", eBPF: \(lost) transitions lost", "，eBPF：丢失 \(lost) 个状态变化")
        case .snapshots:
            // Tenths: the pause grows with what a look takes.
            let tenths = Int((sample.interval * 10).rounded())
            let seconds = "\(tenths / 10)" + (tenths % 10 == 0 ? "" : ".\(tenths % 10)")
            text += pick(", a look every \(seconds) s", "，每 \(seconds) 秒查看一次")
        }
        if sample.snapshot.gaps.contains(where: \.isPartial) { text += pick("; a part is not seen (d)", "；有一部分看不到（d）") }
        return text
    }

    var topDoctorLooks: String { pick("The doctor is looking …", "医生正在检查 …") }

    func topNothingWrong(_ sample: TopSample) -> String {
        sample.snapshot.gaps.contains(where: \.isPartial)
            ? pick("Nothing wrong in what can be seen.", "能看到的部分没有问题。")
            : pick("All is well: nothing piles up.", "一切正常：没有堆积。")
    }

    func topMoreFindings(_ count: Int) -> String { pick("+\(count) (d)", "+\(count)（d）") }

    // MARK: The tables

    func topName(_ grouping: TopGrouping) -> String { groupTitles(grouping.grouping)[1] }

    func topGroups(_ grouping: TopGrouping, _ count: Int) -> String {
        let count = TopText.grouped(count)
        return switch grouping {
        case .process: pick("By process (\(count))", "按进程（\(count)）")
        case .listener: pick("By listener (\(count))", "按监听者（\(count)）")
        case .remote: pick("By remote (\(count))", "按远端（\(count)）")
        }
    }

    func topConnections(_ title: String, _ count: Int) -> String {
        pick("\(title): \(TopText.grouped(count)) connections", "\(title)：\(TopText.grouped(count)) 个连接")
    }

    func topSorted(_ title: String, _ isDescending: Bool) -> String {
        title + (isDescending ? " \u{2193}" : " \u{2191}")
    }
    func topFilter(_ text: String) -> String { pick("filter: \(text)", "过滤：\(text)") }

    func topTitle(_ column: TopColumn) -> String {
        switch column {
        case .name: pick("NAME", "名称")
        case .total: pick("TOTAL", "总数")
        case .closeWait: pick("CLOSEW", "CLOSEW")
        case .established: "ESTAB"
        case .finWait: "FINW"
        case .timeWait: "TIMEW"
        case .syn: "SYN"
        case .closing: pick("ENDING", "收尾")
        case .queue: pick("QUEUE", "队列")
        case .opened: pick("OPEN/S", "打开/秒")
        case .closed: pick("CLOSE/S", "关闭/秒")
        case .oldest: pick("OLDEST", "最久")
        }
    }

    /// Short ones, where those of a list would be cut.
    func topTitle(_ column: TopConnectionColumn) -> String {
        switch column {
        case .receiveQueue: pick("RECV-Q", "接收")
        case .sendQueue: pick("SEND-Q", "发送")
        case .age: pick("AGE", "时长")
        case .state, .local, .remote, .holders: column.column.title(in: language)
        }
    }

    func topTitle(of group: TopGroup) -> String {
        group.key == .outgoing ? pick("through no listener", "不经监听者") : group.title
    }

    // MARK: Pages

    func topPage(_ topic: TopPage.Topic) -> String {
        switch topic {
        case .help: pick("Help", "帮助")
        case .explanation(let topic): pick("linger explain \(topic)", "linger explain \(topic)")
        case .doctor: pick("What is wrong (linger doctor)", "问题（linger doctor）")
        case .commands(let title, _, _): pick("Commands for \(title)", "用于 \(title) 的命令")
        case .connection(_, let title): title
        }
    }

    var topClearHint: String {
        pick(
            "To clear them. It shows its plan first, and changes nothing without --yes; it can be copied from here.",
            "清理它们。命令会先显示计划，没有 --yes 不会改变任何东西；可以从这里复制。")
    }
    var topListHint: String { pick("To list them:", "列出它们：") }
    var topGone: String { pick("This connection is gone.", "这个连接已经不在了。") }
    var topLife: String { pick("Its life", "它的经历") }
    var topOpenedBy: String { pick("Opened by", "打开者") }

    // MARK: Keys

    /// What fits, and more where there is room.
    func topKeys(_ columns: Int) -> String {
        if columns >= 110 {
            return pick(
                "enter open  tab group  s sort  / filter  e explain  d doctor  c clear  p pause  ? help  q quit",
                "enter 打开  tab 分组  s 排序  / 过滤  e 说明  d 医生  c 清理  p 暂停  ? 帮助  q 退出")
        }
        return pick(
            "enter open  tab group  s sort  / filter  e explain  d doctor  ? help  q quit",
            "enter 打开  tab 分组  s 排序  / 过滤  e 说明  d 医生  ? 帮助  q 退出")
    }
    var topConnectionKeys: String {
        pick(
            "enter details  esc back  s sort  / filter  e explain  c clear  p pause  ? help",
            "enter 详情  esc 返回  s 排序  / 过滤  e 说明  c 清理  p 暂停  ? 帮助")
    }
    var topPageKeys: String {
        pick("esc back  j k g G space scroll  ? help", "esc 返回  j k g G 空格 滚动  ? 帮助")
    }
    var topSortingKeys: String { pick("enter choose  esc back", "enter 选择  esc 返回") }
    var topFilterHint: String {
        pick("state close-wait and pid = 812; empty shows all", "state close-wait and pid = 812；留空显示全部")
    }

    var topHelp: String { pick(TopHelp.keys, TopHelp.keysInChinese) }
}
