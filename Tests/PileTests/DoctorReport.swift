/// What `linger doctor --json` prints, as far as tests read it (docs/doctor.schema.json).
struct DoctorReport: Decodable, Sendable {
    struct Finding: Decodable, Sendable {
        struct Subject: Decodable, Sendable {
            struct Process: Decodable, Sendable { var pid: Int32 }
            var processes: [Process]?
            /// The local end: `0.0.0.0:6800`.
            var listener: String?
            var destination: String?
        }

        struct Connections: Decodable, Sendable {
            var count: Int
            /// For `linger list`: exactly these.
            var filter: String?
        }

        struct Fact: Decodable, Sendable {
            var key: String
            /// `nil` for what is no whole number.
            var count: UInt64?
            var text: String?
            var source: String

            init(from decoder: any Decoder) throws {
                let values = try decoder.container(keyedBy: CodingKeys.self)
                key = try values.decode(String.self, forKey: .key)
                count = try? values.decode(UInt64.self, forKey: .value)
                text = try? values.decode(String.self, forKey: .value)
                source = try values.decode(String.self, forKey: .source)
            }

            enum CodingKeys: CodingKey { case key, value, source }
        }

        struct Remedy: Decodable, Sendable {
            var key: String
            var command: String?
        }

        var kind: String
        var severity: String
        var subject: Subject
        var causeKey: String
        var remedies: [Remedy]
        var connections: Connections?
        var evidence: [Fact]

        var pids: [Int32] { (subject.processes ?? []).map(\.pid).sorted() }

        func fact(_ key: String) -> Fact? { evidence.first { $0.key == key } }
        func count(_ key: String) -> UInt64? { evidence.first { $0.key == key }?.count }

        enum CodingKeys: String, CodingKey {
            case kind, severity, subject, remedies, connections, evidence
            case causeKey = "cause_key"
        }
    }

    struct Gap: Decodable, Sendable {
        var kind: String
        /// Findings can be missed because of it.
        var isPartial: Bool

        enum CodingKeys: String, CodingKey {
            case kind
            case isPartial = "is_partial"
        }
    }

    struct Sources: Decodable, Sendable {
        struct History: Decodable, Sendable {
            var used: Bool
            var reason: String?
        }
        var history: History
    }

    var sources: Sources
    var findings: [Finding]
    var gaps: [Gap]
    var exitCode: Int32

    enum CodingKeys: String, CodingKey {
        case sources, findings, gaps
        case exitCode = "exit_code"
    }
}
