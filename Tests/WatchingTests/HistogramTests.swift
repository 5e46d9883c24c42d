import Testing
import Watching

@Suite struct HistogramTests {
    @Test("a quantile is never below the true one and at most 1/32 above it", arguments: [0.01, 0.5, 0.9, 0.99, 1])
    func error(part: Double) throws {
        var random = SystemRandomNumberGenerator()
        var histogram = Histogram()
        var values: [UInt64] = []
        for _ in 0..<10_000 {
            let value = random.next() >> UInt64.random(in: 0...63, using: &random)
            values.append(value)
            histogram.record(value)
        }
        values.sort()
        let exact = values[Int((part * Double(values.count)).rounded(.up)) - 1]
        let found = try #require(histogram.quantile(part))
        #expect(found >= exact)
        #expect(found - exact <= exact / 32)
        #expect(histogram.count == 10_000 && histogram.least == values.first && histogram.most == values.last)
    }

    @Test("small values and the largest are exact", arguments: [0, 1, 31, 32, 63, UInt64.max])
    func exact(value: UInt64) {
        var histogram = Histogram()
        histogram.record(value)
        #expect(histogram.quantile(0.5) == value)
    }

    @Test("nothing has no quantile")
    func empty() {
        #expect(Histogram().quantile(0.5) == nil)
    }
}
