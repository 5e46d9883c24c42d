import Sockets
import Testing

@testable import Lab

@Suite("orders to the processes of a crowd")
struct OrderTests {
    @Test("a line of an order is the same order again", arguments: orders)
    func roundTrip(_ order: Order) {
        #expect(Order(line: order.line) == order, "\(order.line)")
        #expect(!order.line.contains("\n"))
    }

    @Test(
        "what is no order is none, and no crash",
        arguments: [
            "", " ", "fly", "close group", "close count=x", "close count=-1", "send size=99999999999", "send size=-1",
            "connect to=", "connect to=4,0,1", "connect to=4,1,1,80", "connect to=4,0,4294967296,80",
            "connect to=5,0,1,80", "connect to=4,0,1,65536", "connect to=4,0,1,80 quickly", "close color=red",
        ])
    func refused(_ line: String) { #expect(Order(line: line) == nil) }

    private static let orders: [Order] = {
        var full = Order(.connect, "connected")
        full.count = 64
        full.endpoint = Endpoint(address: IPAddress(v6High: 0xfd77 << 48, low: 1), port: 65_535)
        full.listener = "listener-6-8080"
        full.size = 100
        full.name = "oracle"
        full.flags = Set(Order.Flag.allCases)
        var none = Order(.close, "accepted")
        none.count = 0
        var four = Order(.listen, "listener")
        four.endpoint = Endpoint(address: IPAddress(v4: .max), port: 0)
        return Order.Verb.allCases.map { Order($0, "group") } + [full, none, four]
    }()
}
