import History
import Sockets
import Watching

extension Messages {
    // MARK: Errors

    private static let servicePath = "/var/lib/linger/history.db"

    func history(_ error: HistoryError) -> String {
        switch error {
        case .missing(let path):
            pick(
                "there is no history at \(path.escapedForTerminal): linger serve writes one; --db names another file",
                "\(path.escapedForTerminal) 没有历史记录：它由 linger serve 写入；可用 --db 指定其他文件")
                + (path == Self.servicePath
                    ? ""
                    : pick(
                        ", and a service's is \(Self.servicePath), which root may read",
                        "，服务的历史记录在 \(Self.servicePath)，root 可以读取"))
        case .empty(let path):
            pick(
                "nothing has been written to \(path.escapedForTerminal) yet: is linger serve running?",
                "\(path.escapedForTerminal) 还没有写入任何内容：linger serve 在运行吗？")
        case .notADatabase(let path):
            pick(
                "\(path.escapedForTerminal) is no SQLite database, so no history: give another file with --db",
                "\(path.escapedForTerminal) 不是 SQLite 数据库，也就不是历史记录：请用 --db 指定其他文件")
        case .foreign(let path):
            pick(
                "\(path.escapedForTerminal) is another program's database: give another file with --db",
                "\(path.escapedForTerminal) 是其他程序的数据库：请用 --db 指定其他文件")
        case .newer(let path, let schema, let known):
            pick(
                "\(path.escapedForTerminal) was written by a newer linger (schema \(schema), this one knows \(known)): "
                    + "ask with that one",
                "\(path.escapedForTerminal) 由更新版本的 linger 写入（格式 \(schema)，此版本只认识 \(known)）：请用那个版本查询")
        case .older(let path, let schema, let known):
            pick(
                "\(path.escapedForTerminal) is an older linger's (schema \(schema) of \(known)): "
                    + "linger serve brings it up to date when it starts",
                "\(path.escapedForTerminal) 由旧版本的 linger 写入（格式 \(schema)，现为 \(known)）：linger serve 启动时会升级它")
        case .damaged(let path, let reason):
            pick(
                "\(path.escapedForTerminal) is damaged (\(reason.escapedForTerminal)): it is left alone. "
                    + "Move it away and a new one is begun; sqlite3 \(Shell.quoted(path.escapedForTerminal)) .recover "
                    + "may save what is in it",
                "\(path.escapedForTerminal) 已损坏（\(reason.escapedForTerminal)），未作任何改动。把它移走后会新建一个；"
                    + "sqlite3 \(Shell.quoted(path.escapedForTerminal)) .recover 也许能救出其中的内容")
        case .locked(let path):
            pick(
                "another process holds the lock of \(path.escapedForTerminal): try again later",
                "另一个进程锁住了 \(path.escapedForTerminal)：请稍后再试")
        case .inUse(let path):
            pick(
                "another linger serve writes \(path.escapedForTerminal): give another path",
                "另一个 linger serve 正在写入 \(path.escapedForTerminal)：请指定其他路径")
        case .diskFull(let path):
            pick(
                "no space is left on the disk for \(path.escapedForTerminal)", "\(path.escapedForTerminal) 所在的磁盘已满")
        case .notPermitted(let path):
            pick(
                "not permitted to open \(path.escapedForTerminal): run with sudo, or give another file with --db",
                "没有权限打开 \(path.escapedForTerminal)：请用 sudo 运行，或用 --db 指定其他文件")
        case .failed(let path, let reason):
            "\(path.escapedForTerminal): \(reason.escapedForTerminal)"
        }
    }

    func badTime(_ option: String, _ text: String) -> String {
        let text = text.escapedForTerminal
        return pick(
            "\(option) cannot be \(text): give 15m, 2h, 3d, 03:15, 2026-11-28 or '2026-11-28 03:15'",
            "\(option) 不能是 \(text)：请写 15m、2h、3d、03:15、2026-11-28 或 '2026-11-28 03:15'")
    }

    func fromAfterTo(_ from: String, _ to: String) -> String {
        pick("--from (\(from)) is later than --to (\(to))", "--from（\(from)）晚于 --to（\(to)）")
    }

    func noState(_ name: String, nearest: String?) -> String {
        let name = name.escapedForTerminal
        return pick(
            "there is no state \(name): "
                + (nearest.map { "did you mean \($0)?" } ?? "linger explain lists them"),
            "没有名为 \(name) 的状态：" + (nearest.map { "是不是想写 \($0)？" } ?? "linger explain 会列出全部"))
    }

    func badLifeName(_ name: String) -> String {
        let name = name.escapedForTerminal
        return pick(
            "\(name) names no connection: give its cookie (hexadecimal), or address:port of one end or both",
            "\(name) 不能指明一个连接：请给出 cookie（十六进制），或一端或两端的 地址:端口")
    }

    var tooManyEnds: String {
        pick("a connection has two ends: give one or two of address:port", "一个连接只有两端：请给出一个或两个 地址:端口")
    }

    // MARK: Notes

    var nothingRecorded: String { pick("nothing was recorded in this time", "这段时间没有任何记录") }
    var noLeaks: String {
        pick(
            "at the end of no minute of this time was a connection in CLOSE_WAIT", "这段时间内，每分钟结束时都没有处于 CLOSE_WAIT 的连接")
    }
    var noFindings: String { pick("nothing was found in this time", "这段时间没有任何发现") }
    var noGaps: String { pick("nothing is missing in this time", "这段时间没有缺失") }
    var noActions: String { pick("nothing was cleared in this time", "这段时间没有清理过任何连接") }

    func noLife(isNamed: Bool) -> String {
        isNamed
            ? pick(
                "no such connection was kept: only leaks, resets, timeouts and the like are kept in full",
                "没有保存这个连接：只有泄漏、重置、超时等连接会完整保存")
            : pick("no connection was kept in this time", "这段时间没有保存过连接")
    }

    func gapsInSpan(_ count: Int) -> String {
        pick(
            "not everything of this time is known: linger history gaps tells of \(count) gap\(count == 1 ? "" : "s")",
            "这段时间的记录不完整：linger history gaps 列出了 \(count) 处缺失")
    }

    // MARK: Titles

    func countsTitle(_ from: String, _ to: String, _ each: String) -> String {
        pick("\(from) to \(to), \(each) a mark", "\(from) 至 \(to)，每格 \(each)")
    }

    func countTitles(_ key: HistoryKey) -> [String] {
        let name =
            switch key {
            case .state: pick("STATE", "状态")
            case .program: pick("PROGRAM", "程序")
            case .process: pick("PROCESS", "进程")
            case .through: pick("THROUGH", "经由")
            }
        return [name] + list(pick("LAST,MOST,OPENED,CLOSED,OVER TIME", "最后,最多,打开,关闭,随时间变化"))
    }

    var leakTitles: [String] {
        list(pick("LAST,MOST,GROWTH,SINCE,PROCESS,THROUGH", "最后,最多,增长,始于,进程,经由"))
    }

    var historyLifeTitles: [String] {
        list(pick("ENDED,COOKIE,LOCAL,REMOTE,LASTED,WHY,PROCESS", "结束,COOKIE,本端,远端,历时,原因,进程"))
    }

    var gapTitles: [String] { list(pick("FROM,TO,LASTED,COUNT,WHAT", "从,到,历时,数量,内容")) }
    var actionTitles: [String] { list(pick("TIME,BY,RUN,RECORD,LINE", "时间,执行者,批次,记录,内容")) }

    private func list(_ names: String) -> [String] { names.split(separator: ",").map(String.init) }

    func openedIn(_ count: Int64, _ program: String) -> String {
        pick("\(count) of \(program) were opened in", "\(program) 的 \(count) 个连接打开于")
    }

    // MARK: Lives

    /// Why a life was kept, or how it ended.
    func lifeReason(_ key: String) -> String {
        if key == "leak" { return pick("leak", "泄漏") }
        return LifeEnding.allCases.first { $0.key.description == key }.map(ending) ?? key.escapedForTerminal
    }

    var lastSeenAlive: String { pick("still there", "仍然存在") }
    var notSeen: String { pick("not seen", "未看到") }
    var lifeStatesTitle: String { pick("States", "状态") }
    var lifeStackTitle: String { pick("Opened in", "打开于") }
    var lifeHasHoles: String { pick("A part of it was not seen.", "其中一部分没有看到。") }

    func lifeFacts(
        cookie: String, netns: String, process: String, reason: String, direction: String, ending: String,
        at time: String, closedFirst: String, error: String, sent: UInt64, received: UInt64, retransmissions: UInt32
    ) -> [(String, String)] {
        [
            ("cookie", cookie),
            (pick("namespace", "命名空间"), netns),
            (pick("process", "进程"), process),
            (pick("kept because", "保存原因"), reason),
            (pick("way", "方向"), direction),
            (pick("ended", "结局"), pick("\(ending), \(time)", "\(ending)，\(time)")),
            (pick("closed first", "先关闭"), closedFirst),
            (pick("error", "错误码"), error),
            (pick("sent", "发送"), pick("\(sent) bytes acknowledged", "\(sent) 字节已确认")),
            (pick("received", "接收"), pick("\(received) bytes", "\(received) 字节")),
            (pick("retransmissions", "重传"), String(retransmissions)),
        ]
    }

    // MARK: Findings and gaps

    func findingTimes(first: String, last: String, resolved: String?) -> String {
        if let resolved {
            return pick("from \(first) to \(resolved)", "\(first) 至 \(resolved)")
        }
        return pick("since \(first), last seen \(last)", "始于 \(first)，最后看到 \(last)")
    }

    func historyGap(_ kind: GapRow.Kind) -> String {
        switch kind {
        case .lostTransitions: pick("transitions lost: no room in the ring buffer", "状态变化丢失：环形缓冲区已满")
        case .lostOpenings: pick("openings lost: no room in the ring buffer", "打开事件丢失：环形缓冲区已满")
        case .missedRuns: pick("events at which the kernel did not run a program", "内核没有运行程序的事件")
        case .undecoded: pick("records that could not be read", "无法解读的记录")
        case .notRunning: pick("no daemon was running", "守护进程没有运行")
        case .suspended: pick("the daemon or the host was stopped", "守护进程或主机被暂停")
        case .snapshotsOnly: pick("no eBPF: repeated looks saw less", "没有 eBPF：反复查看所见较少")
        case .diskFull: pick("rows not written: the disk was full", "未写入的行：磁盘已满")
        case .locked: pick("rows not written: another process held the lock", "未写入的行：文件被另一个进程锁住")
        case .unwritable: pick("rows not written: the file could not be written", "未写入的行：文件无法写入")
        case .overrun: pick("rows not written: they came too fast", "未写入的行：来得太快")
        case .sizeBound: pick("rows deleted early for the size bound", "为遵守大小上限而提前删除的行")
        case .clockStep: pick("the clock was set", "时钟被调整")
        case .unseen: pick("part of the host could not be seen", "主机的一部分没能看到")
        }
    }
}
