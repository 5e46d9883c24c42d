import Sockets

/// What the program itself says to a person, in English and Chinese: errors, notes, titles. Texts of findings,
/// explanations and gaps are in `Phrasebook`; help texts are English only.
struct Messages: Sendable {
    let language: Language

    private func pick(_ english: String, _ chinese: String) -> String {
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

    func badNamespace(_ text: String) -> String {
        let text = text.escapedForTerminal
        return pick(
            "\(text) names no network namespace: give all, own, a name that ip netns shows, pid:N or net:[INODE]",
            "\(text) 不是网络命名空间：请写 all、own、ip netns 列出的名字、pid:N 或 net:[INODE]")
    }

    func badLimit(_ value: Int) -> String {
        pick("--limit cannot be \(value): give a number from 0", "--limit 不能是 \(value)：请给出不小于 0 的数")
    }

    func badSample(_ value: Double) -> String {
        pick(
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
            "--columns 不能和 --group-by 一起用：分组只有数量、名称和状态三列")
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

    // MARK: Titles

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
        return [pick("COUNT", "数量"), name, pick("STATES", "状态分布")]
    }
}
