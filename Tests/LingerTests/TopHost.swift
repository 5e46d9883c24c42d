import Diagnosis
import Sockets
import TCP

@testable import Commands

/// A host with a leak, and the screen that shows it.
enum TopHost {
    static let start: UInt64 = 1_000_000_000_000

    /// `SampleHost`, and two processes that share connections which they do not close.
    static func snapshot(leaked: Int = 120) -> Snapshot {
        var snapshot = SampleHost.snapshot()
        snapshot.gaps = []
        for pid in [22_725, 22_726] as [Int32] {
            var process = ProcessRecord(pid: pid, command: "oracle")
            process.startTicks = UInt64(pid)
            process.uid = 1002
            process.user = "oracle"
            snapshot.processes.append(process)
        }
        let first = Int32(snapshot.processes.count - 2)
        for number in 0..<leaked {
            var info = TCPInfo()
            info.lastAckReceived = UInt32(60_000 + 10 * number)
            let holding = Holding.held(start: UInt32(snapshot.holders.count), count: 2)
            for process in [first, first + 1] {
                snapshot.holders.append(Holder(process: process, descriptor: Int32(4 + number)))
            }
            snapshot.connections.append(
                Connection(
                    cookie: UInt64(1000 + number), inode: UInt32(5000 + number), state: .closeWait,
                    local: Endpoint(address: IPAddress(v4: 0x0a00_0002), port: 6800),
                    remote: SampleHost.client(20, UInt16(40_000 + number)), uid: 1002, receiveQueue: 1, info: info,
                    holding: holding))
        }
        return snapshot
    }

    static func sample(_ snapshot: Snapshot, seconds: UInt64, _ language: Language = .en) -> TopSample {
        var sample = TopSample(rows: Rows(snapshot, language: language))
        sample.monotonic = start + seconds * 1_000_000_000
        sample.clock = "12:34:56"
        return sample
    }

    static func model(_ language: Language = .en, columns: Int = 80, rows: Int = 24) -> TopModel {
        var model = TopModel(messages: Messages(language: language), filter: everything, resolver: .none)
        _ = model.handle(.resize(columns: columns, rows: rows))
        return model
    }

    /// Three looks, the leak growing, and the doctor's word on it.
    static func watched(_ language: Language = .en, columns: Int = 80, rows: Int = 24) -> TopModel {
        var model = Self.model(language, columns: columns, rows: rows)
        var book = TopBook()
        var clinic = TopClinic(messages: model.messages)
        for (seconds, leaked) in [(0, 30), (60, 70), (120, 120)] as [(UInt64, Int)] {
            var sample = Self.sample(Self.snapshot(leaked: leaked), seconds: seconds, language)
            sample.rates = book.take(&sample)
            clinic.visit(sample)
            sample.findings = clinic.findings
            sample.report = clinic.report
            _ = model.handle(.sample(sample))
        }
        return model
    }

    static let everything = filter("")

    static func filter(_ text: String) -> Filter {
        guard let filter = try? Filter(parsing: text.isEmpty ? [] : [text], resolver: .none) else {
            fatalError("a filter of a test is wrong: \(text)")
        }
        return filter
    }
}

extension TopModel {
    /// Presses keys, named by a character each; `\n` is Enter, `\t` Tab, `<` Esc.
    @discardableResult
    mutating func press(_ keys: String) -> TopEffect {
        var effect = TopEffect.draw
        for key in keys {
            let stroke: TopKeystroke =
                switch key {
                case "\n": .enter
                case "\t": .tab
                case "<": .escape
                default: .character(key)
                }
            effect = handle(.key(stroke))
        }
        return effect
    }
}
