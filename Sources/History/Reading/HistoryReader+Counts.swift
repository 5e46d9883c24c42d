import GRDB
import TCP

extension HistoryReader {
    package func counts(_ query: CountQuery) throws(HistoryError) -> CountLines {
        try read { db in
            let span = query.span.minutes
            let width = try minutesPerPoint(db, span, query.points)
            let start = span.lowerBound - span.lowerBound % width
            let number = Int((span.upperBound - start) / width) + 1
            let recorded = try Int64.fetchAll(
                db, sql: "SELECT DISTINCT time FROM (\(Self.levels)) ORDER BY time",
                arguments: [
                    "from": span.lowerBound, "to": span.upperBound,
                ])
            var base = [Int64?](repeating: nil, count: number)
            for time in recorded { base[Int((time - start) / width)] = 0 }

            var lines: [Name: CountLines.Line] = [:]
            let rows = try Row.fetchCursor(db, sql: query.sql, arguments: query.arguments)
            while let row = try rows.next() {
                let name = Name(row, query.key)
                var line = lines[name] ?? name.line(points: base)
                let (time, count, most) = (row[0] as Int64, row[1] as Int64, row[2] as Int64)
                let point = Int((time - start) / width)
                line.points[point] = max(line.points[point] ?? 0, most)
                line.most = max(line.most, most)
                if time == recorded.last { line.last += count }
                line.opened += row[3] as Int64
                line.closed += row[4] as Int64
                lines[name] = line
            }
            return CountLines(
                lines: lines.sorted { one, other in
                    let (left, right) = (one.value, other.value)
                    return (left.last, left.most, other.key.text) > (right.last, right.most, one.key.text)
                }.map(\.value),
                firstMinute: start, minutesPerPoint: width, lastMinute: recorded.last)
        }
    }

    /// No less than the length of the coarsest rows in the span: between them nothing is known.
    private func minutesPerPoint(_ db: Database, _ span: ClosedRange<Int64>, _ points: Int) throws -> Int64 {
        let length = span.upperBound - span.lowerBound + 1
        var least: Int64 = 1
        for (table, minutes) in [("ten_minutes", Int64(10)), ("hour", 60)] {
            let isThere = try Bool.fetchOne(
                db, sql: "SELECT EXISTS (SELECT 1 FROM \(table) WHERE minute BETWEEN ? AND ?)",
                arguments: [span.lowerBound - minutes + 1, span.upperBound])
            if isThere == true { least = minutes }
        }
        let wanted = (length + Int64(max(points, 1)) - 1) / Int64(max(points, 1))
        return (max(wanted, least) + least - 1) / least * least
    }

    /// The three levels as one, each row at the last minute that it stands for.
    static let levels = """
        SELECT minute AS time, series, count, most, opened, closed FROM minute WHERE minute BETWEEN :from AND :to
        UNION ALL SELECT min(minute + 9, :to), series, count, most, opened, closed FROM ten_minutes
          WHERE minute BETWEEN :from - 9 AND :to
        UNION ALL SELECT min(minute + 59, :to), series, count, most, opened, closed FROM hour
          WHERE minute BETWEEN :from - 59 AND :to
        """

    private struct Name: Hashable {
        var state: State?
        var program: String?
        var pid: Int32?
        var way: ConnectionWay?

        init(_ row: Row, _ key: CountQuery.Key) {
            switch key {
            case .state: state = State(rawValue: row[5])
            case .program: program = row[5]
            case .process: (program, pid) = (row[5], row[6])
            case .way: way = ConnectionWay(kind: row[5], place: row[6])
            }
        }

        var text: String { "\(state?.key ?? "") \(program ?? "") \(pid ?? 0) \(way?.place ?? "")" }

        func line(points: [Int64?]) -> CountLines.Line {
            CountLines.Line(
                state: state, program: program, pid: pid, way: way, points: points, last: 0, most: 0, opened: 0,
                closed: 0)
        }
    }
}

extension CountQuery {
    fileprivate var sql: String {
        var conditions = ["TRUE"]
        if !states.isEmpty {
            conditions.append("s.state IN (\(states.map { String($0.rawValue) }.sorted().joined(separator: ", ")))")
        }
        if process != nil { conditions.append("(s.program = :process OR p.pid = :pid)") }
        if place != nil { conditions.append("instr(w.place, :place) > 0") }
        if namespace != nil { conditions.append("s.netns = :namespace") }
        let names =
            switch key {
            case .state: "s.state"
            case .program: "s.program"
            case .process: "s.program, p.pid"
            case .way: "w.kind, w.place"
            }
        return """
            SELECT c.time, sum(c.count), sum(c.most), sum(c.opened), sum(c.closed), \(names)
            FROM (\(HistoryReader.levels)) c JOIN series s ON s.id = c.series JOIN way w ON w.id = s.way
            LEFT JOIN process p ON p.id = s.process
            WHERE \(conditions.joined(separator: " AND "))
            GROUP BY c.time, \(names) ORDER BY c.time
            """
    }

    fileprivate var arguments: StatementArguments {
        var arguments: StatementArguments = ["from": span.minutes.lowerBound, "to": span.minutes.upperBound]
        if let process { arguments += ["process": process, "pid": Int64(process)] }
        if let place { arguments += ["place": place] }
        if let namespace { arguments += ["namespace": namespace] }
        return arguments
    }
}
