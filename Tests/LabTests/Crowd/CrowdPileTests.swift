import Testing

@testable import Lab

@Suite("the list of piles")
struct CrowdPileTests {
    @Test("each has a name of its own, one sentence and a count")
    func list() {
        #expect(Set(CrowdPile.all.map(\.name)).count == CrowdPile.all.count)
        for pile in CrowdPile.all {
            #expect(!pile.name.isEmpty && pile.name.allSatisfy { $0.isLowercase || $0 == "-" || $0 == "2" })
            #expect(pile.about.hasSuffix(".") && !pile.about.contains("\n"), "\(pile.name)")
            #expect(pile.standardCount > 0)
        }
    }

    @Test("a name may be written with underscores; another is refused with the nearest")
    func names() throws {
        #expect(try CrowdPile.named("Close_Wait").name == "close-wait")
        let error = try #require(throws: LabError.self) { try CrowdPile.named("close-wiat") }
        #expect(error.next.contains("'close-wait'"))
    }

    @Test("portions are no larger than an accept queue, and add up", arguments: [0, 1, 63, 64, 65, 5000])
    func portions(of count: Int) {
        let portions = Stage.portions(of: count)
        #expect(portions.reduce(0, +) == count)
        #expect(portions.allSatisfy { (1...64).contains($0) })
    }
}
