import Diagnosis
import Sockets

extension Messages {
    /// What the ages and the growth of a report rest on.
    func history(_ history: HistoryUse) -> String {
        guard let recollection = history.recollection else {
            return pick(
                "Ages are the least that they can be, growth is that of the sample; a running linger serve knows both.",
                "时长是下限，增长只是采样期间的；运行 linger serve 可以得到精确的时长和几分钟内的增长。")
        }
        let seconds = Double(recollection.time - min(recollection.since, recollection.time)) / 1e9
        let time = Phrasebook(language: language).duration(seconds: seconds)
        let lost =
            recollection.lost == 0
            ? ""
            : pick(
                " It has lost \(recollection.lost) events, so it may know less than all.",
                "它丢失了 \(recollection.lost) 个事件，所以不一定知道全部。")
        return pick(
            "Ages, growth and where connections were opened are from linger serve, which has watched for \(time).",
            "时长、增长和打开连接的位置来自 linger serve，它已观察 \(time)。") + lost
    }

    func noRecord(_ reason: String) -> String {
        pick(
            "linger serve was no help (\(reason)); going on with what the look itself tells",
            "linger serve 没能提供信息（\(reason)）；只用本次查看所得继续")
    }

    func anotherClock(_ path: String) -> String {
        pick(
            "\(path): its record is of another time than this look, or told by another clock",
            "\(path)：它的记录与本次查看不在同一时间，或使用另一个时钟")
    }
}
