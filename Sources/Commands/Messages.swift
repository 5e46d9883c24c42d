import Diagnosis
import Sockets

/// What the program itself says to a person, in English and Chinese: errors, notes, titles. Texts of findings,
/// explanations and gaps are in `Phrasebook`; help texts are English only.
struct Messages: Sendable {
    let language: Language

    func pick(_ english: String, _ chinese: String) -> String {
        switch language {
        case .en: english
        case .zh: chinese
        }
    }

    // MARK: Errors

    func cannotWrite(_ reason: String) -> String {
        pick("cannot write the output: \(reason)", "无法写出结果：\(reason)")
    }

    func unknownColumn(_ name: String, nearest: String?) -> String {
        let name = name.escapedForTerminal
        return pick(
            "there is no column \(name): "
                + (nearest.map { "did you mean \($0)?" } ?? "linger list --help names them all"),
            "没有名为 \(name) 的列：" + (nearest.map { "是不是想写 \($0)？" } ?? "linger list --help 列出了所有列"))
    }

    var noColumns: String {
        pick(
            "--columns needs names with commas between, such as state,local,holders: linger list --help names them all",
            "--columns 需要用逗号分隔的列名，例如 state,local,holders：linger list --help 列出了所有列")
    }

    /// `-tano`
    func outputNeedsFormat(_ group: String, without: String) -> String {
        pick(
            "-o in \(group) needs a format, as in -o json; timers are always shown: use \(without)",
            "\(group) 中的 -o 需要一个格式，例如 -o json；定时器总是显示：请用 \(without)")
    }

    /// `-ojson`
    func outputIsApart(_ format: String) -> String {
        pick("write a space between -o and its format: -o \(format)", "-o 和格式之间要有空格：-o \(format)")
    }

    var tcpOnly: String {
        pick("-u asks for UDP, and Linger sees TCP only: leave it out", "-u 表示 UDP，而 Linger 只看 TCP：请去掉它")
    }

    func badNamespace(_ text: String) -> String {
        let text = text.escapedForTerminal
        return pick(
            "\(text) names no network namespace: give all, own, a name that ip netns shows, pid:N or net:[INODE]",
            "\(text) 不是网络命名空间：请写 all、own、ip netns 列出的名字、pid:N 或 net:[INODE]")
    }

    func badLimit(_ value: Int) -> String {
        pick("--limit cannot be negative: \(value); give a number from 0", "--limit 不能是负数 \(value)：请给出不小于 0 的数")
    }

    func badSample(_ value: Double) -> String {
        if value < 0 {
            return pick(
                "--sample cannot be negative: \(value); give seconds from 0 (one look only) to 3600",
                "--sample 不能是负数 \(value)：请给出 0（只看一次）到 3600 之间的秒数")
        }
        return pick(
            "--sample cannot be \(value): give seconds from 0 (one look only) to 3600",
            "--sample 不能是 \(value)：请给出 0（只看一次）到 3600 之间的秒数")
    }

    var sortOfGroups: String {
        pick(
            "--sort does not go with --group-by: groups are sorted by their count",
            "--sort 不能和 --group-by 一起用：分组总是按数量排序")
    }

    var columnsOfGroups: String {
        pick(
            "--columns does not go with --group-by: groups have a count, a name and their states",
            "--columns 不能和 --group-by 一起用：分组只有数量、名称和状态")
    }

    var briefAndJSON: String {
        pick("--brief does not go with --json: JSON has everything", "--brief 不能和 --json 一起用：JSON 总是完整的")
    }

    var recordAndReplay: String {
        pick(
            "--record does not go with --replay: a recording is already one",
            "--record 不能和 --replay 一起用：回放的内容本来就是记录")
    }

    func cannotRead(_ path: String, _ reason: String) -> String {
        let path = path.escapedForTerminal
        return pick("cannot read \(path): \(reason)", "无法读取 \(path)：\(reason)")
    }

    func badConfig(_ path: String, line: Int?, _ what: String) -> String {
        let place = path.escapedForTerminal + (line.map { ":\($0)" } ?? "")
        return "\(place): \(what)"
    }

    var configIsNoMapping: String {
        pick(
            "expected thresholds by name, as in `close_wait: {leak_count: 5}`",
            "应当是按名称写的阈值，例如 `close_wait: {leak_count: 5}`")
    }

    func configIsNoNumber(_ name: String) -> String {
        let name = name.escapedForTerminal
        return pick("\(name) needs a number", "\(name) 需要一个数字")
    }

    func configTwice(_ name: String) -> String {
        let name = name.escapedForTerminal
        return pick("\(name) is set twice", "\(name) 设置了两次")
    }

    func notYAML(_ problem: String) -> String {
        pick("this is not YAML: \(problem)", "不是合法的 YAML：\(problem)")
    }

    func threshold(_ error: ThresholdError) -> String {
        guard language == .zh else { return error.description.escapedForTerminal }
        switch error {
        case .unknown(let name, let nearest):
            return "没有名为 \(name.escapedForTerminal) 的阈值："
                + (nearest.map { "是不是想写 \($0)？" } ?? "docs/thresholds.md 列出了全部")
        case .outOfRange(let name, let value, let range):
            return "\(name) 不能是 \(value)：请给出 \(range.lowerBound) 到 \(range.upperBound) 之间的数"
        case .notWhole(let name, let value):
            return "\(name) 不能是 \(value)：请给出整数"
        }
    }

    func noTopic(_ topic: String, nearest: String?) -> String {
        let topic = topic.escapedForTerminal
        return pick(
            "\(topic) is neither a state nor a kind of finding: "
                + (nearest.map { "did you mean \($0)?" } ?? "linger explain lists them"),
            "\(topic) 既不是状态，也不是发现的种类：" + (nearest.map { "是不是想写 \($0)？" } ?? "linger explain 会列出全部"))
    }

    // MARK: Notes

    func leftOut(_ count: Int, limit: Int) -> String {
        pick("\(count) more not shown (--limit \(limit))", "还有 \(count) 项未显示（--limit \(limit)）")
    }

    /// What could not be seen and how to see it, one line.
    func gap(_ gap: Gap, _ phrasebook: Phrasebook) -> String {
        let hint = phrasebook.hint(gap)
        return phrasebook.describe(gap) + (hint.isEmpty ? "" : pick(" ", "") + hint)
    }

    /// What could not be seen: a list says it at every call.
    func gapInShort(_ gap: Gap, _ phrasebook: Phrasebook) -> String {
        phrasebook.describe(gap) + pick(" See linger doctor.", "详见 linger doctor。")
    }

    var noMatch: String { pick("no connection matches", "没有符合条件的连接") }

    /// A name of the filter is nobody's.
    func noMatch(_ absent: AbsentName) -> String {
        let name = absent.name.escapedForTerminal
        let owner: String
        switch absent.keyword {
        case .netns:
            return pick("\(noMatch): no network namespace \(name) was looked at", "\(noMatch)：没有查看过网络命名空间 \(name)")
        case .pid: owner = pick("no process \(name)", "没有发现进程 \(name) ")
        case .process: owner = pick("no process named \(name)", "没有发现名为 \(name) 的进程")
        case let keyword:
            owner = pick("no process of \(keyword.rawValue) \(name)", "没有发现 \(keyword.rawValue) \(name) 的进程")
        }
        return pick("\(noMatch): \(owner) was seen with one of the sockets looked at", "\(noMatch)：\(owner)持有所查看的套接字")
    }

    func risk(_ risk: String) -> String { pick("Risk: \(risk)", "风险：\(risk)") }

    func doctorSummary(
        critical: Int, warnings: Int, notes: Int, connections: Int, processes: Int, namespaces: Int, isPartial: Bool
    ) -> String {
        let looked = pick(
            "\(count(connections, "connection")), \(count(processes, "process", "processes")), "
                + count(namespaces, "network namespace"),
            "\(grouped(connections)) 个连接、\(grouped(processes)) 个进程、\(grouped(namespaces)) 个网络命名空间")
        if critical + warnings == 0 {
            if isPartial {
                return pick(
                    "Nothing wrong in what could be seen (\(looked)), but part of the host could not be seen.",
                    "看到的部分没有问题（\(looked)），但这台主机有一部分没能看到。")
            }
            return pick("All is well: looked at \(looked), nothing piles up.", "一切正常：检查了 \(looked)，没有堆积。")
        }
        var parts: [String] = []
        if critical > 0 { parts.append(pick("\(critical) critical", "\(critical) 项严重")) }
        if warnings > 0 { parts.append(pick(count(warnings, "warning"), "\(warnings) 项警告")) }
        if notes > 0 { parts.append(pick(count(notes, "note"), "\(notes) 项说明")) }
        let found = parts.joined(separator: pick(", ", "、"))
        return pick("\(found). Looked at \(looked).", "\(found)。检查了 \(looked)。")
            + (isPartial ? pick(" Part of the host could not be seen.", "这台主机有一部分没能看到。") : "")
    }

    private func count(_ number: Int, _ one: String, _ many: String? = nil) -> String {
        "\(grouped(number)) \(number == 1 ? one : many ?? one + "s")"
    }

    /// 90,000: as the phrasebook writes numbers.
    private func grouped(_ number: Int) -> String {
        let digits = String(number)
        return digits.enumerated().reduce(into: "") { text, digit in
            if digit.offset > 0, (digits.count - digit.offset).isMultiple(of: 3) { text += "," }
            text.append(digit.element)
        }
    }

    // MARK: Titles

    func severity(_ severity: Finding.Severity) -> String {
        switch severity {
        case .info: pick("NOTE", "说明")
        case .warning: pick("WARNING", "警告")
        case .critical: pick("CRITICAL", "严重")
        }
    }

    var evidenceTitle: String { pick("Evidence", "证据") }
    var causeTitle: String { pick("Cause", "原因") }
    var nowTitle: String { pick("Now", "现在怎么做") }
    var forGoodTitle: String { pick("For good", "如何根治") }
    var moreTitle: String { pick("More about it", "详细说明") }
    var overviewTitle: String { pick("Overview", "总览") }
    var harmlessTitle: String { pick("Notes: normal, or below a threshold", "提示：属于正常，或低于阈值") }
    var unseenTitle: String { pick("Not seen", "未能看到") }
    var statesTitle: String { pick("States of TCP", "TCP 的状态") }
    var kindsTitle: String { pick("Kinds of findings", "发现的种类") }
    var explainHint: String {
        pick("linger explain NAME explains one of them.", "用 linger explain NAME 查看其中一项的说明。")
    }

    func groupTitles(_ grouping: Grouping) -> [String] {
        let name =
            switch grouping {
            case .state: pick("STATE", "状态")
            case .process: pick("PROCESS", "进程")
            case .remote: pick("REMOTE", "远端")
            case .listener: pick("LISTENER", "监听者")
            case .unit: pick("UNIT", "单元/容器")
            case .netns: pick("NETNS", "网络命名空间")
            }
        return [pick("COUNT", "数量"), name] + (grouping == .state ? [] : [pick("STATES", "状态分布")])
    }
}
