// The sentences of a filter's errors, in both languages. Texts from the filter go through `printable`.

extension FilterSyntaxError {
    /// One line: what is wrong and what to do.
    package func message(language: Language) -> String {
        let sentence =
            switch language {
            case .en: english
            case .zh: chinese
            }
        guard let suggestion else { return sentence }
        return switch language {
        case .en: sentence + "; did you mean “\(suggestion)”?"
        case .zh: sentence + "；您是不是想写“\(suggestion)”？"
        }
    }

    /// The filter and a caret under the place, two lines. A long filter is cut around the place.
    package var marked: String {
        let bytes = Array(text.utf8)
        let place = min(max(offset, 0), bytes.count)
        let before = Self.printable(String(decoding: bytes[..<place], as: UTF8.self))
        let after = Self.printable(String(decoding: bytes[place...], as: UTF8.self))
        let head = before.count > 60 ? "…" + before.suffix(59) : before
        let tail = after.count > 60 ? after.prefix(59) + "…" : after
        return head + tail + "\n" + String(repeating: " ", count: Self.columns(head)) + "^"
    }

    private var english: String {
        switch problem {
        case .expected(let wanted, let found?):
            "“\(Self.printable(found))” where \(Self.list(wanted.map(\.english), ", ", " or ")) was expected"
        case .expected(let wanted, nil):
            "the filter ends where \(Self.list(wanted.map(\.english), ", ", " or ")) was expected"
        case .unknownCondition(let word):
            "“\(Self.printable(word))” begins no condition"
        case .unknownState(let word):
            "“\(Self.printable(word))” is no state: the states are \(StateSet.listedNames.joined(separator: ", "))"
        case .badValue(let word, let wanted):
            "“\(Self.printable(word))” is not \(wanted.english)"
        case .tooLarge(let word, let largest):
            "\(Self.printable(word)) is too large: the largest number here is \(largest)"
        case .comparisonMissing(let keyword):
            "expected > or <, as in `\(keyword.rawValue) > \(Self.example(of: keyword))`"
        case .comparisonNotTaken(let comparison, let keyword):
            "\(keyword.rawValue) does not take “\(comparison.rawValue)”, only \(Self.operators(of: keyword))"
        case .unknownHost(let name):
            "the host “\(Self.printable(name))” has no address: check the name, or write the address"
        case .unknownService(let name):
            "“\(Self.printable(name))” is no TCP port: write a number from 0 to 65535 or a service name"
        case .unknownCgroup(let path):
            "there is no cgroup “\(Self.printable(path))”: give its path below /sys/fs/cgroup"
        case .bracketsMissing(let address):
            "an IPv6 address needs brackets, so that its end and the port can be told apart: [\(address)]"
        case .otherFamily(let family):
            "“\(family):” is another kind of socket: Linger sees TCP only, so inet: or inet6:"
        case .controlCharacter(let byte):
            "a control character (byte \(byte)) cannot be part of a filter"
        case .tooDeep(let limit):
            "more than \(limit) parentheses and negations stand within each other: write it flatter"
        case .tooLong(let limit):
            "the filter is longer than \(limit) bytes: make it shorter"
        }
    }

    private var chinese: String {
        switch problem {
        case .expected(let wanted, let found?):
            "此处是“\(Self.printable(found))”，应为\(Self.list(wanted.map(\.chinese), "、", "或"))"
        case .expected(let wanted, nil):
            "过滤条件到此结束，但还应有\(Self.list(wanted.map(\.chinese), "、", "或"))"
        case .unknownCondition(let word):
            "“\(Self.printable(word))”不是条件的开头"
        case .unknownState(let word):
            "没有“\(Self.printable(word))”这个状态，可用的状态有：\(StateSet.listedNames.joined(separator: "、"))"
        case .badValue(let word, let wanted):
            "“\(Self.printable(word))”不是\(wanted.chinese)"
        case .tooLarge(let word, let largest):
            "\(Self.printable(word)) 太大，此处最大为 \(largest)"
        case .comparisonMissing(let keyword):
            "此处应为 > 或 <，如 `\(keyword.rawValue) > \(Self.example(of: keyword))`"
        case .comparisonNotTaken(let comparison, let keyword):
            "\(keyword.rawValue) 不能用“\(comparison.rawValue)”，只能用 \(Self.operators(of: keyword))"
        case .unknownHost(let name):
            "主机“\(Self.printable(name))”没有地址：请检查名称，或直接写地址"
        case .unknownService(let name):
            "“\(Self.printable(name))”不是 TCP 端口：请写 0 到 65535 之间的数字或服务名"
        case .unknownCgroup(let path):
            "没有“\(Self.printable(path))”这个 cgroup：请写它在 /sys/fs/cgroup 之下的路径"
        case .bracketsMissing(let address):
            "IPv6 地址要加方括号，才能与端口分开：[\(address)]"
        case .otherFamily(let family):
            "“\(family):”是另一类套接字：Linger 只看 TCP，请用 inet: 或 inet6:"
        case .controlCharacter(let byte):
            "过滤条件中不能有控制字符（字节 \(byte)）"
        case .tooDeep(let limit):
            "括号和取反的嵌套超过 \(limit) 层：请写得平一些"
        case .tooLong(let limit):
            "过滤条件超过 \(limit) 字节：请写短一些"
        }
    }

    private static func operators(of keyword: FilterKeyword) -> String {
        keyword.comparisons.map(\.rawValue).joined(separator: " ")
    }

    /// A value that a condition takes.
    private static func example(of keyword: FilterKeyword) -> String {
        keyword.value == .duration ? "10m" : "4k"
    }

    private static func list(_ parts: [String], _ comma: String, _ last: String) -> String {
        guard parts.count > 1 else { return parts.joined() }
        return parts.dropLast().joined(separator: comma) + last + parts[parts.count - 1]
    }

    /// Nothing in it moves a terminal's cursor or colours it: control and format characters become `�`.
    private static func printable(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned, .surrogate:
                result.append("\u{FFFD}")
            default: result.append(scalar)
            }
        }
        return String(result)
    }

    /// Columns that a terminal uses: two for the wide characters of East Asia.
    private static func columns(_ text: String) -> Int {
        text.reduce(0) { sum, character in
            let scalar = character.unicodeScalars.first?.value ?? 0
            let wide =
                switch scalar {
                case 0x1100...0x115f, 0x2e80...0xa4cf, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f,
                    0xff00...0xff60,
                    0xffe0...0xffe6, 0x1f300...0x1faff, 0x20000...0x3fffd:
                    true
                default: false
                }
            return sum + (wide ? 2 : 1)
        }
    }
}

extension FilterExpectation {
    fileprivate var english: String {
        switch self {
        case .condition: "a condition (\(FilterExpectation.conditions))"
        case .and: "“and”"
        case .or: "“or”"
        case .closingParenthesis: "“)”"
        case .end: "the end of the filter"
        case .state: "a state such as close-wait"
        case .host: "an address (10.0.0.1, 10.0.0.0/8, [::1]:443, *:80) or a host name"
        case .port: "a port (:443 or :https; a range is written sport >= :80 and sport <= :90)"
        case .device: "an interface's name or index"
        case .mark: "a mark such as 0x10 or 0x10/0xff"
        case .cgroup: "the path of a cgroup"
        case .pid: "a process id"
        case .process: "a process name (* and ? stand for anything)"
        case .user: "a user name or uid"
        case .unit: "a systemd unit (* and ? stand for anything)"
        case .container: "a container's name or the start of its id"
        case .namespace: "a network namespace's name or inode"
        case .duration: "a time such as 500ms, 10s, 5m, 2h or 1d"
        case .size: "a number of bytes such as 512, 4k, 1m or 1g"
        }
    }

    fileprivate var chinese: String {
        switch self {
        case .condition: "条件（\(FilterExpectation.conditions)）"
        case .and: "“and”"
        case .or: "“or”"
        case .closingParenthesis: "“)”"
        case .end: "结尾"
        case .state: "状态，如 close-wait"
        case .host: "地址（10.0.0.1、10.0.0.0/8、[::1]:443、*:80）或主机名"
        case .port: "端口（:443 或 :https；范围写作 sport >= :80 and sport <= :90）"
        case .device: "网络接口的名称或编号"
        case .mark: "标记，如 0x10 或 0x10/0xff"
        case .cgroup: "cgroup 路径"
        case .pid: "进程号"
        case .process: "进程名（可用 * 和 ?）"
        case .user: "用户名或 uid"
        case .unit: "systemd 单元（可用 * 和 ?）"
        case .container: "容器名或容器 id 的开头"
        case .namespace: "网络命名空间的名称或 inode"
        case .duration: "时长，如 500ms、10s、5m、2h、1d"
        case .size: "字节数，如 512、4k、1m、1g"
        }
    }

    private static var conditions: String {
        FilterKeyword.allCases.filter { $0 != .excl }.map(\.rawValue).joined(separator: ", ")
    }
}
