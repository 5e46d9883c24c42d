import TCP
import Testing

@testable import History

@Suite struct RowTests {
    @Test("time in a state is known only where both its ends were seen")
    func dwell() {
        let life = LifeRow(
            reason: "leak", cookie: 1, namespace: 1, local: "10.0.0.1:80", remote: "10.0.0.2:4000",
            states: [
                .init(.established, entered: 10), .init(.closeWait, entered: 30), .init(.lastAck, entered: nil),
                .init(.timeWait, entered: 70),
            ], ended: 100, beganBefore: true)
        #expect(life.states.indices.map(life.dwell) == [nil, nil, nil, 30])
    }
}
