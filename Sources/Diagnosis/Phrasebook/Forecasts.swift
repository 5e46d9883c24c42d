import Sockets

extension Phrasebook {
    /// What runs out, how much of it is used, and when it ends at the present rate.
    func runsOut(_ forecast: Forecast, _ finding: Finding? = nil, _ snapshot: Snapshot? = nil) -> String {
        let numbers = NumberFormat(language: language)
        var name = Self.resources(forecast.resource)[language]
        // Of those that share sockets, one runs out first.
        if let process = forecast.process, finding?.subject.processes.count ?? 0 > 1,
            let record = snapshot?.processes.dropFirst(process).first
        {
            let who = "\(record.command.escapedForTerminal) (pid \(record.pid))"
            name = Phrase(en: "File descriptors of \(who)", zh: "\(who) 的文件描述符")[language]
        }
        let areServed = finding?.facts.contains { $0.key == FactKey.served.rawValue } ?? false
        let used = numbers.count(forecast.used)
        let limit = numbers.count(forecast.limit)
        let end: Phrase
        if forecast.secondsLeft == 0, areServed {
            end = Phrase(
                en: "full, but SYN cookies still let real clients in.", zh: "已满，但 SYN cookie 仍能让真正的客户端连上。")
        } else if forecast.secondsLeft == 0 {
            end = Phrase(en: "none is left.", zh: "已经用完。")
        } else if let left = forecast.secondsLeft, let rate = forecast.perSecond {
            let time = numbers.duration(seconds: left)
            let speed = numbers.rate(rate)
            let span = span(forecast)[language]
            end = Phrase(
                en: "at +\(speed) it runs out in about \(time)\(span).",
                zh: "按每秒净增（+\(speed)）计算，约 \(time)后用完\(span)。")
        } else if forecast.perSecond == nil {
            end = Phrase(en: "the rate is not known.", zh: "增长速度未知。")
        } else if let growth = forecast.growth, growth.method == .record {
            let time = numbers.duration(seconds: growth.seconds)
            end = Phrase(en: "it did not grow over the last \(time).", zh: "最近 \(time)里没有增长。")
        } else {
            end = Phrase(en: "it did not grow over the sample.", zh: "采样期间没有增长。")
        }
        let start = Phrase(en: "\(name): \(used) of \(limit) used; ", zh: "\(name)：已用 \(used)，上限 \(limit)；")
        return start[language] + end[language]
    }

    /// Between when and when, how surely, and from what.
    private func span(_ forecast: Forecast) -> Phrase {
        guard let interval = forecast.interval, let growth = forecast.growth else { return Phrase(en: "", zh: "") }
        let numbers = NumberFormat(language: language)
        let earliest = numbers.duration(seconds: interval.earliest)
        let sure = numbers.percent(Growth.confidence)
        let over = numbers.duration(seconds: growth.seconds)
        let basis =
            switch growth.method {
            case .twoLooks: Phrase(en: "two looks \(over) apart", zh: "相隔 \(over)的两次查看")
            case .record: Phrase(en: "\(over) of linger serve's counts", zh: "linger serve \(over)的计数")
            }
        guard let latest = interval.latest.map(numbers.duration(seconds:)) else {
            return Phrase(
                en: " (\(earliest) at the earliest, perhaps never; \(sure) sure, by \(basis[.en]))",
                zh: "（最早 \(earliest)，也可能不会；把握 \(sure)，依据：\(basis[.zh])）")
        }
        return Phrase(
            en: " (\(earliest) to \(latest); \(sure) sure, by \(basis[.en]))",
            zh: "（\(earliest)到 \(latest)；把握 \(sure)，依据：\(basis[.zh])）")
    }

    static func resources(_ resource: Forecast.Resource) -> Phrase {
        switch resource {
        case .descriptors: Phrase(en: "File descriptors of the process", zh: "进程的文件描述符")
        case .ephemeralPorts: Phrase(en: "Ephemeral ports to this destination", zh: "到该目标的临时端口")
        case .acceptQueue: Phrase(en: "Places in the accept queue", zh: "accept 队列的位置")
        case .synQueue: Phrase(en: "Places in the SYN queue", zh: "SYN 队列的位置")
        case .timeWaitBuckets: Phrase(en: "TIME_WAIT buckets", zh: "TIME_WAIT 桶")
        case .orphans: Phrase(en: "Orphans", zh: "孤儿连接")
        case .conntrack: Phrase(en: "Entries of the conntrack table", zh: "conntrack 表项")
        case .tcpMemory: Phrase(en: "Pages of TCP memory", zh: "TCP 内存页")
        case .files: Phrase(en: "Open files of the host", zh: "主机的打开文件数")
        }
    }
}
