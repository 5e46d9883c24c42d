internal import Diagnosis

/// A file of sysctl.d(5): our settings in it, and everything else as it was.
package enum SysctlFile {
    package static let usualPath = "/etc/sysctl.d/90-linger.conf"

    private static let heading = """
        # Written by linger tune. The old values are kept: linger clear --undo puts them back.

        """

    /// - Parameter old: what stands in it; `nil` where there is no such file.
    package static func text(_ old: String?, with changes: [SettingChange]) -> String {
        var rest = changes.filter(\.lasts)
        var lines: [String] = []
        for line in (old ?? "").split(separator: "\n", omittingEmptySubsequences: false) {
            if let name = name(in: line), let place = rest.firstIndex(where: { $0.tunable.name == name }) {
                lines.append(Self.line(rest.remove(at: place)))
            } else {
                lines.append(String(line))
            }
        }
        while lines.last?.isEmpty == true { lines.removeLast() }
        let kept = lines.isEmpty ? heading : lines.joined(separator: "\n") + "\n"
        return kept + rest.map { "\n# \(note($0))\n\(line($0))\n" }.joined()
    }

    private static func line(_ change: SettingChange) -> String { "\(change.tunable.name) = \(change.after)" }

    private static func note(_ change: SettingChange) -> String {
        change.findings.map(\.rawValue).joined(separator: ", ") + ": it was \(change.before)"
    }

    /// `-net/core/somaxconn=1` sets net.core.somaxconn: slashes stand for dots, a dash lets it fail.
    private static func name(in line: Substring) -> String? {
        guard let equals = line.firstIndex(of: "=") else { return nil }
        var name = line[..<equals].filter { $0 != " " && $0 != "\t" }
        if name.hasPrefix("#") || name.hasPrefix(";") { return nil }
        if name.hasPrefix("-") { name.removeFirst() }
        return String(name.map { $0 == "/" ? "." : $0 })
    }
}
