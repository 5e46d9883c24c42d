/// What `linger doctor --json` prints, as far as tests read it (docs/doctor.schema.json).
struct DoctorReport: Decodable, Sendable {
    struct Finding: Decodable, Sendable {
        struct Subject: Decodable, Sendable {
            struct Process: Decodable, Sendable { var pid: Int32 }
            var processes: [Process]?
        }

        struct Connections: Decodable, Sendable { var count: Int }

        var kind: String
        var severity: String
        var subject: Subject
        var connections: Connections?

        var pids: [Int32] { (subject.processes ?? []).map(\.pid).sorted() }
    }

    struct Gap: Decodable, Sendable { var kind: String }

    var findings: [Finding]
    var gaps: [Gap]
    var exitCode: Int32

    enum CodingKeys: String, CodingKey {
        case findings, gaps
        case exitCode = "exit_code"
    }
}
