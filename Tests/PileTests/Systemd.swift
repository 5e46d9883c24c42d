import Foundation

/// A real systemd as process 1 of namespaces of its own (Tests/Service/systemd.sh), with the unit as it is installed.
final class Systemd {
    /// What is seen in there as /run/shared.
    let folder: TemporaryFolder
    private let pid: String
    private var child: Child?

    /// Runs the body, and ends it and all that it started.
    /// - Parameters:
    ///   - settings: of the unit beside its own, a line each.
    ///   - units: more of them, by name.
    static func with<Result>(
        settings: String = "", units: [String: String] = [:], _ body: (Systemd) throws -> Result
    ) throws -> Result {
        let systemd = try Systemd(settings: settings, units: units)
        defer { systemd.end() }
        return try body(systemd)
    }

    private init(settings: String, units: [String: String]) throws {
        folder = try TemporaryFolder()
        let place = folder.path + "/units"
        let addition = place + "/linger.service.d"
        try FileManager.default.createDirectory(atPath: addition, withIntermediateDirectories: true)
        try "[Service]\nStandardError=append:/run/shared/log\n\(settings)\n"
            .write(toFile: addition + "/test.conf", atomically: true, encoding: .utf8)
        let unit = try String(contentsOfFile: ServeTests.unit, encoding: .utf8)
        var all = units
        all["linger.service"] = unit.replacing("/usr/local/bin/linger", with: Self.program)
        all["default.target"] = "[Unit]\nDescription=Nothing\nDefaultDependencies=no\n"
        for (name, text) in all { try text.write(toFile: place + "/" + name, atomically: true, encoding: .utf8) }
        let programs = URL(filePath: Linger.executable).deletingLastPathComponent().path
        child = try Child(["bash", Self.script, programs, place, folder.path])
        guard let line = child?.line() else {
            let errors = child?.readAll().errors ?? []
            throw HarnessError("systemd does not come up: \(String(decoding: errors, as: UTF8.self))")
        }
        pid = line
    }

    deinit { end() }

    private func end() {
        child?.closeInput()
        _ = child?.wait()
        child = nil
    }

    /// Where the program is, as seen in there.
    static let program = "/run/tested/linger"

    /// Runs a program in there.
    @discardableResult
    func run(_ arguments: String...) throws -> Outcome { try Outcome(of: inside + arguments) }

    var inside: [String] { ["nsenter", "--target", pid, "--all"] }

    /// A property of a unit, as systemd knows it.
    func property(_ name: String, of unit: String = "linger") throws -> String {
        try run("systemctl", "show", "--value", "--property", name, unit).output.trimmingCharacters(in: .newlines)
    }

    /// All that the unit has logged.
    var log: String { (try? String(contentsOfFile: folder.path + "/log", encoding: .utf8)) ?? "" }

    private static let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Service/systemd.sh").path
}
