import Sockets

/// Numbers as people read them: `28,232`, `12 min`, `4.1 GiB`, `85 %`.
struct NumberFormat {
    let language: Language

    /// The value of a fact; the comma of a list is the language's.
    func text(_ fact: Fact) -> String {
        if fact.isExact, case .milliseconds(let time) = fact.value { return exactDuration(milliseconds: time) }
        let text = text(fact.value)
        guard language == .zh, Self.lists.contains(fact.key) else { return text }
        return text.split(separator: ", ", omittingEmptySubsequences: false).joined(separator: "、")
    }

    private static let lists = Set([FactKey.states, .families, .holders].map(\.rawValue))

    func text(_ value: Fact.Value) -> String {
        switch value {
        case .count(let count): self.count(count)
        case .bytes(let bytes): self.bytes(bytes)
        case .milliseconds(let time): duration(milliseconds: time)
        case .perSecond(let rate): self.rate(rate)
        case .share(let share): percent(share)
        case .text(let text): text.escapedForTerminal
        case .flag(let flag):
            switch language {
            case .en: flag ? "yes" : "no"
            case .zh: flag ? "是" : "否"
            }
        }
    }

    func count(_ number: UInt64) -> String {
        let digits = Array(String(number))
        var result = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { result.append(",") }
            result.append(digit)
        }
        return result
    }

    func bytes(_ bytes: UInt64) -> String {
        let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
        var value = Double(bytes)
        var unit = "B"
        for next in units where value >= 1024 {
            value /= 1024
            unit = next
        }
        return unit == "B" || value >= 100 ? "\(Int(value.rounded())) \(unit)" : "\(decimal(value)) \(unit)"
    }

    /// The two largest units, rounded down: an age is a lower bound.
    func duration(milliseconds: UInt64) -> String {
        let seconds = milliseconds / 1000
        let (minute, hour, day): (UInt64, UInt64, UInt64) = (60, 3600, 86_400)
        return switch seconds {
        case 0: "\(milliseconds) \(unit("ms", "毫秒"))"
        case ..<minute: "\(seconds) \(unit("s", "秒"))"
        case ..<(10 * minute): pair(seconds / minute, unit("min", "分"), seconds % minute, unit("s", "秒"))
        case ..<hour: "\(seconds / minute) \(unit("min", "分钟"))"
        case ..<day: pair(seconds / hour, unit("h", "小时"), seconds % hour / minute, unit("min", "分钟"))
        default: pair(seconds / day, unit("d", "天"), seconds % day / hour, unit("h", "小时"))
        }
    }

    /// The same, with its seconds for an hour: they were seen.
    private func exactDuration(milliseconds: UInt64) -> String {
        let seconds = milliseconds / 1000
        guard (600..<3600).contains(seconds) else { return duration(milliseconds: milliseconds) }
        return pair(seconds / 60, unit("min", "分"), seconds % 60, unit("s", "秒"))
    }

    func duration(seconds: Double) -> String {
        guard seconds.isFinite, seconds < 1e12 else { return "∞" }
        return duration(milliseconds: UInt64(max(0, seconds) * 1000))
    }

    func rate(_ rate: Double) -> String {
        let number =
            rate.magnitude >= 100 ? count(UInt64(min(rate.magnitude.rounded(), 1e15))) : decimal(rate.magnitude)
        let sign = rate < 0 && number != "0" ? "−" : ""
        return switch language {
        case .en: "\(sign)\(number)/s"
        case .zh: "\(sign)\(number)/秒"
        }
    }

    func percent(_ share: Double) -> String {
        let number = decimal(min(max(share, 0), 1_000_000) * 100)
        return switch language {
        case .en: "\(number) %"
        case .zh: "\(number)%"
        }
    }

    /// At most one decimal.
    private func decimal(_ value: Double) -> String {
        let tenths = UInt64((value.magnitude * 10).rounded())
        return tenths % 10 == 0 ? String(tenths / 10) : "\(tenths / 10).\(tenths % 10)"
    }

    private func unit(_ en: String, _ zh: String) -> String {
        switch language {
        case .en: en
        case .zh: zh
        }
    }

    private func pair(_ first: UInt64, _ firstUnit: String, _ second: UInt64, _ secondUnit: String) -> String {
        second == 0
            ? "\(first) \(firstUnit == "分" ? "分钟" : firstUnit)" : "\(first) \(firstUnit) \(second) \(secondUnit)"
    }
}
