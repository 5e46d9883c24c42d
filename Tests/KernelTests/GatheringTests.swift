import Sockets
import TCP
import Testing

@testable import Kernel

@Suite struct GatheringTests {
    /// Five connections of a part, told apart by their cookies.
    private static func part(_ number: Int) -> [Connection] {
        let ends = Endpoint(address: IPAddress(v4: 0x7f00_0001), port: 80)
        return (0..<5).map {
            Connection(cookie: UInt64(number * 5 + $0 + 1), inode: 7, state: .established, local: ends, remote: ends)
        }
    }

    @Test(
        "connections stand in the order of their parts, whoever makes them and however many were expected",
        arguments: [0, 1, 7, 12, 49, 50, 51, 1000])
    func order(room: Int) throws {
        let gathering = Gathering()
        let nothing = HolderFinder(DescriptorIndex([], byCookie: true), [])
        let helper = try Worker { gathering.help(nothing) }
        let gathered = gathering.connections(room: room) {
            for number in 0..<10 { gathering.add(Self.part(number)) }
            gathering.end()
            try? helper.join()
            return nothing
        }
        #expect(gathered.connections.map(\.cookie) == (1...50).map(UInt64.init))
        #expect(gathered.pieces == (0..<10).map { $0 * 5..<$0 * 5 + 5 })
        #expect(gathered.counts == Array(repeating: 0, count: 10))
    }
}
