import Foundation
import History
import Sockets
import TCP

/// Writes a history as the daemon does, and does what it is told on standard input, one command a line:
///
///     lives N        gives N lives to the writer, numbered by their cookies
///     minutes N      gives N rows of one minute
///     actions N      gives N lines of an audit
///     flush          writes what waits: "flushed", or "failed REASON"
///     status         "STATE written N dropped N waiting N bytes N"
///     stream         gives rows and tells what was written, until it is killed
///     time N         gives N lives, waits until they are written, and says how long that took
///
/// Arguments: the path, the bound in bytes, how many rows may wait. With `read` for the bound it only reads, and tells how
/// many lives there are.
@main enum HistoryChild {
    static func main() throws {
        let arguments = CommandLine.arguments
        if arguments.count > 2, arguments[2] == "read" {
            return say("\(try HistoryReader(path: arguments[1]).summary().lives)")
        }
        var settings = HistorySettings()
        settings.interval = 0.1
        if arguments.count > 2 { settings.maximumBytes = Int64(arguments[2]) ?? 0 }
        if arguments.count > 3 { settings.mostWaiting = Int(arguments[3]) ?? 0 }
        let writer: HistoryWriter
        do {
            writer = try HistoryWriter(path: arguments[1], host: SampleRows.host, settings: settings)
        } catch {
            say("refused \(error)")
            exit(1)
        }
        say("open")
        var rows = SampleRows()
        while let line = readLine() {
            let words = line.split(separator: " ")
            let count = words.count > 1 ? Int(words[1]) ?? 0 : 0
            var batch = HistoryBatch()
            switch words.first {
            case "lives": batch.lives = (0..<count).map { _ in rows.life() }
            case "minutes": batch.minutes = (0..<count).map { _ in rows.minute() }
            case "actions": batch.actions = (0..<count).map { _ in rows.action() }
            case "flush":
                do {
                    try writer.flush()
                    say("flushed")
                } catch {
                    say("failed \(error)")
                }
                continue
            case "status":
                let status = writer.status
                say(
                    "\(status.state) written \(status.written) dropped \(status.dropped) waiting \(status.waiting) "
                        + "bytes \(status.bytes)")
                continue
            case "stream": stream(writer, &rows)
            case "time":
                time(writer, &rows, count)
                continue
            default: continue
            }
            writer.record(batch)
            say("taken")
        }
        writer.close()
    }

    private static func stream(_ writer: HistoryWriter, _ rows: inout SampleRows) -> Never {
        while true {
            var batch = HistoryBatch()
            batch.lives = (0..<20).map { _ in rows.life() }
            batch.minutes = (0..<20).map { _ in rows.minute() }
            writer.record(batch)
            say("written \(writer.status.written)")
            Thread.sleep(forTimeInterval: 0.005)
        }
    }

    private static func time(_ writer: HistoryWriter, _ rows: inout SampleRows, _ count: Int) {
        for kind in ["lives", "minutes"] {
            var batch = HistoryBatch()
            if kind == "lives" {
                batch.lives = (0..<count).map { _ in rows.life() }
            } else {
                batch.minutes = (0..<count).map { _ in rows.minute() }
            }
            let start = Date()
            writer.record(batch)
            try? writer.flush()
            let seconds = Date().timeIntervalSince(start)
            say("\(kind) \(Int(Double(count) / seconds)) a second, \(writer.status.bytes) bytes")
        }
    }

    private static func say(_ line: String) {
        FileHandle.standardOutput.write(Data((line + "\n").utf8))
    }
}
