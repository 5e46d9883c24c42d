import Diagnosis
import Foundation
import Testing

@Suite("Thresholds")
struct ThresholdsTests {
    @Test("every name is there once, its standard value lies in its range")
    func table() {
        #expect(Set(Thresholds.all.map(\.name)).count == Thresholds.all.count)
        #expect(Thresholds.all.allSatisfy { $0.range.contains($0.standard) })
        #expect(Thresholds.all.allSatisfy { !$0.isWhole || $0.standard == $0.standard.rounded() })
    }

    @Test("every property has a name")
    func complete() {
        #expect(Mirror(reflecting: Thresholds()).children.count == Thresholds.all.count)
    }

    @Test("a value is set by its name, and no other changes", arguments: Thresholds.all.map(\.name))
    func set(name: String) throws {
        let description = try #require(Thresholds.description(of: name))
        var thresholds = Thresholds()
        let value =
            description.standard == description.range.upperBound
            ? description.range.lowerBound : description.range.upperBound
        try thresholds.set(name, to: value)
        for other in Thresholds.all {
            #expect(other.value(in: thresholds) == (other.name == name ? value : other.standard))
        }
    }

    @Test(
        "what cannot be taken is refused with a sentence, and nothing changes",
        arguments: [
            (
                "close_wait.leak_cuont", 5,
                "there is no threshold close_wait.leak_cuont: did you mean close_wait.leak_count?"
            ),
            ("nonsense", 5, "there is no threshold nonsense: docs/thresholds.md lists them"),
            ("ports.share", 70, "ports.share cannot be 70: give a number from 0 to 1"),
            ("ports.share", .nan, "ports.share cannot be nan: give a number from 0 to 1"),
            ("close_wait.leak_count", 2.5, "close_wait.leak_count cannot be 2.5: give a whole number"),
            ("close_wait.leak_count", 0, "close_wait.leak_count cannot be 0: give a number from 1 to 100000000"),
        ] as [(String, Double, String)])
    func refused(name: String, value: Double, message: String) {
        var thresholds = Thresholds()
        let error = #expect(throws: ThresholdError.self) { try thresholds.set(name, to: value) }
        #expect(error?.description == message)
        #expect(thresholds == Thresholds())
    }

    @Test("docs/thresholds.md says what the table says")
    func document() throws {
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/thresholds.md")
        let document = try String(contentsOf: path, encoding: .utf8)
        #expect(document.hasSuffix(Thresholds.markdownTable))
    }
}
