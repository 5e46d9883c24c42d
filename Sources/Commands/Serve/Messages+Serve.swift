import Sockets

extension Messages {
    func configIsGood(_ path: String) -> String {
        let path = path.escapedForTerminal
        return pick("\(path) is good", "\(path) 没有问题")
    }

    func cannotListen(_ place: String, _ reason: String) -> String {
        pick(
            "cannot listen on \(place) for metrics: \(reason); another linger serve may run, or set metrics.listen",
            "无法在 \(place) 上监听指标：\(reason)；可能已有另一个 linger serve 在运行，或请设置 metrics.listen")
    }
}
