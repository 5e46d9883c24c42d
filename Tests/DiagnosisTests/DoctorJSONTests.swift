import Diagnosis
import Foundation
import Sockets
import TCP
import Testing

@Suite("The machine's form")
struct DoctorJSONTests {
    private static func object(_ world: World, _ language: Language = .en) throws -> [String: Any] {
        let findings = world.findings()
        let bytes = DoctorJSON(world.snapshot, phrasebook: Phrasebook(language: language)).bytes(
            of: findings, version: "1.0", sampleSeconds: nil, exitCode: 1)
        #expect(bytes.last == UInt8(ascii: "\n"))
        return try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    }

    @Test("a finding has all that a person reads, and names that are never translated")
    func finding() throws {
        var world = CloseWaitRuleTests.server(30, age: 720_000, processes: [22725, 22726])
        world.snapshot.gaps = [Gap(kind: .bpf, reason: "EPERM", isPartial: false)]
        let english = try Self.object(world)
        let chinese = try Self.object(world, .zh)
        #expect(english["schema"] as? Int == 1)
        #expect(english["exit_code"] as? Int == 1)
        #expect(english["sample_seconds"] is NSNull)
        let finding = try #require((english["findings"] as? [[String: Any]])?.first)
        let translated = try #require((chinese["findings"] as? [[String: Any]])?.first)
        for key in ["kind", "severity", "cause_key"] {
            #expect(finding[key] as? String == translated[key] as? String)
        }
        #expect(finding["headline"] as? String != translated["headline"] as? String)
        let subject = try #require(finding["subject"] as? [String: Any])
        #expect((subject["processes"] as? [[String: Any]])?.map { $0["pid"] as? Int } == [22725, 22726])
        #expect(subject["listener"] as? String == "0.0.0.0:6800")
        let connections = try #require(finding["connections"] as? [String: Any])
        #expect(connections["count"] as? Int == 30)
        #expect((connections["cookies"] as? [String])?.count == 20)
        #expect((connections["cookies"] as? [String])?.first == "2")
        let evidence = try #require(finding["evidence"] as? [[String: Any]])
        #expect(evidence.allSatisfy { $0["source"] is String })
        #expect(evidence.first?["value"] as? Int == 30)
        #expect((english["gaps"] as? [[String: Any]])?.first?["kind"] as? String == "bpf")
    }

    @Test("it has the members that docs/doctor.schema.json asks for, and no others")
    func schema() throws {
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/doctor.schema.json")
        let schema = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: path)) as? [String: Any])
        var world = CloseWaitRuleTests.server(60, age: 720_000)
        world.snapshot.gaps = [Gap(kind: .bpf)]
        world.snapshot.processes[0].container = Container(runtime: .docker, id: "abc")
        try Schema(root: schema).check(try Self.object(world), against: schema, at: "$")
    }

    @Test("the schema names every kind of finding and of gap")
    func kinds() throws {
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/doctor.schema.json")
        let text = try String(contentsOf: path, encoding: .utf8)
        for kind in Finding.Kind.allCases { #expect(text.contains("\"\(kind.rawValue)\"")) }
        for kind in Gap.Kind.allCases { #expect(text.contains("\"\(kind.rawValue)\"")) }
    }

    /// As much of JSON Schema as ours uses: type, properties, required, additionalProperties, items, enum, $ref.
    private struct Schema {
        let root: [String: Any]

        func check(_ value: Any, against schema: [String: Any], at place: String) throws {
            if let reference = schema["$ref"] as? String {
                let name = try #require(reference.split(separator: "/").last)
                let definitions = try #require(root["$defs"] as? [String: Any])
                let target = try #require(definitions[String(name)] as? [String: Any])
                return try check(value, against: target, at: place)
            }
            let types = (schema["type"] as? [String]) ?? (schema["type"] as? String).map { [$0] } ?? []
            #expect(types.isEmpty || types.contains { Self.isOf($0, value) }, "\(place): \(value) is none of \(types)")
            if let allowed = schema["enum"] as? [String], let text = value as? String {
                #expect(allowed.contains(text), "\(place): \(text)")
            }
            if let object = value as? [String: Any] {
                let properties = schema["properties"] as? [String: Any] ?? [:]
                #expect(
                    Set(schema["required"] as? [String] ?? []) == Set(properties.keys), "\(place): all are required")
                #expect(Set(object.keys) == Set(properties.keys), "\(place)")
                for (key, member) in object {
                    let part = try #require(properties[key] as? [String: Any], "\(place).\(key)")
                    try check(member, against: part, at: "\(place).\(key)")
                }
            }
            if let items = value as? [Any], let part = schema["items"] as? [String: Any] {
                for item in items { try check(item, against: part, at: "\(place)[]") }
            }
        }

        private static func isOf(_ type: String, _ value: Any) -> Bool {
            switch type {
            case "null": value is NSNull
            case "string": value is String
            case "boolean": value is Bool
            case "integer": value is Int || value is UInt64
            case "number": value is Double || value is Int
            case "object": value is [String: Any]
            case "array": value is [Any]
            default: false
            }
        }
    }
}
