import Clearing
import Diagnosis
import Kernel
import Sockets

/// What `linger tune` and `--undo` say to a person, in English and Chinese.
struct TuneMessages: Sendable {
    let language: Language

    private func pick(_ english: String, _ chinese: String) -> String { language == .zh ? chinese : english }

    // MARK: Errors

    var replayed: String {
        pick(
            "linger tune reads and writes the settings of this host: --replay does not go with it",
            "linger tune 读取和修改的是本机的设置：不能和 --replay 一起用")
    }

    var undoAlone: String {
        pick(
            "--undo goes alone: it puts back what linger tune changed last", "--undo 要单独使用：它恢复 linger tune 最近一次所做的修改")
    }

    func failure(_ failure: TuneFailure) -> Failure {
        switch failure {
        case .notKept(let path, let error):
            let path = path.escapedForTerminal
            return Failure(
                .usage,
                pick(
                    "nothing was changed: the old values cannot be kept in \(path) (\(error.reason)). Make room, or name another folder with --kept DIR",
                    "没有做任何改动：无法把旧值保存到 \(path)（\(error.reason)）。请腾出空间，或用 --kept 指定别的目录"))
        case .changedMeanwhile(let name, let now):
            return Failure(
                .incomplete,
                pick(
                    "nothing was changed: \(name) has become \(now) meanwhile; run it again to see the new proposal",
                    "没有做任何改动：\(name) 期间已变为 \(now)；请重新运行以查看新的建议"))
        case .refused(let error):
            return Failure(
                error.isPermission ? .notPermitted : .incomplete,
                pick("nothing was changed: ", "没有做任何改动：") + error.description.escapedForTerminal)
        }
    }

    func badRecord(_ path: String, _ reason: String) -> String {
        let path = path.escapedForTerminal
        return pick(
            "\(path) is no record of old values (\(reason)): nothing was put back",
            "\(path) 不是旧值记录（\(reason)）：没有恢复任何设置")
    }

    // MARK: The plan

    func headline(_ count: Int) -> (tag: String, text: String) {
        (
            pick("PROPOSED", "建议"),
            pick("\(count) kernel setting\(count == 1 ? "" : "s") to be changed.", "建议修改 \(count) 项内核设置。")
        )
    }

    func why(_ findings: String, _ formula: String) -> String {
        pick("asked for by \(findings); the value is \(formula)", "由 \(findings) 提出；取值为 \(formula)")
    }

    func risk(_ risk: String) -> String { pick("Risk: \(risk)", "风险：\(risk)") }

    func place(_ change: SettingChange, _ place: String?) -> String {
        let whose =
            place.map { pick("of the network namespace \($0)", "属于网络命名空间 \($0)") } ?? pick("of the host", "属于主机")
        let lasting =
            change.lasts
            ? "" : pick("; a file does not reach it, set it where the namespace is made too", "；文件对它无效，还要在创建该命名空间的地方设置")
        return "\(whose)\(lasting) (\(change.tunable.documentation))"
    }

    func fileTitle(_ path: String) -> String { pick("File \(path)", "文件 \(path)") }
    var leftTitle: String { pick("Left as it is", "保持不变") }
    var adviceTitle: String { pick("In the programs: told, never done", "应用程序方面：只提示，不会执行") }

    func left(_ one: LeftSetting, _ place: String?) -> String {
        let what = one.setting.name + (place.map { " (\($0))" } ?? "")
        let why =
            switch one.reason {
            case .unknown: pick("linger tune does not write it", "linger tune 不写这一项")
            case .already(let now):
                pick(
                    "\(now) already goes as far as \(one.setting.value), or as far as is sensible",
                    "现值 \(now) 已达到 \(one.setting.value)，或已达到合理的上限")
            case .outOfRange: pick("\(one.setting.value) is beyond what is sensible", "\(one.setting.value) 超出合理范围")
            case .tooMuchMemory:
                pick(
                    "\(one.setting.value) is more than half of the host's memory",
                    "\(one.setting.value) 超过主机内存的一半")
            case .unreadable(let reason): pick("it cannot be read: ", "无法读取：") + reason.escapedForTerminal
            }
        return pick("\(what): \(why)", "\(what)：\(why)")
    }

    var nothingToTune: String { pick("no finding asks for a kernel setting", "没有发现需要修改内核设置") }
    var howToApply: String { pick("Nothing was changed. --apply writes it.", "没有做任何改动。加上 --apply 写入。") }

    func applied(_ count: Int, _ path: String) -> String {
        let path = path.escapedForTerminal
        return pick(
            "\(count) written. The old values are in \(path); linger clear --undo puts them back.",
            "已写入 \(count) 项。旧值保存在 \(path)；用 linger clear --undo 恢复。")
    }

    // MARK: Undo

    var nothingToUndo: String { pick("nothing to undo: no old values are kept", "没有可恢复的：没有保存旧值") }
    var undoTitle: String { pick("UNDO", "恢复") }

    func undone(_ result: UndoResult) -> String {
        let subject = result.subject.escapedForTerminal
        let isFile = result.subject.hasPrefix("/")
        let before = isFile ? pick("as it was", "原样") : (result.before ?? "")
        switch result.end {
        case .restored: return pick("\(subject): \(before) again", "\(subject)：已恢复为 \(before)")
        case .already: return pick("\(subject): is \(before) already", "\(subject)：已经是 \(before)")
        case .changed(let now):
            let now = isFile ? "" : " (\(now))"
            return pick(
                "\(subject): changed by somebody since\(now); left as it is", "\(subject)：此后已被改动\(now)；保持不变")
        case .gone:
            return pick("\(subject): its network namespace has ended", "\(subject)：所属的网络命名空间已不存在")
        case .failed(let error): return "\(subject): " + error.description.escapedForTerminal
        }
    }

    func recordStays(_ path: String) -> String {
        let path = path.escapedForTerminal
        return pick("the old values stay in \(path)", "旧值仍保存在 \(path)")
    }
}
