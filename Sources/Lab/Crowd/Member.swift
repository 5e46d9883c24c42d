internal import Kernel
internal import Sockets

/// A process of a crowd, seen from the one that made it: each call is one step, done when it returns.
final class Member {
    /// What it is in the pile: `server`.
    let role: String
    /// What `ps` shows: `forgetful`.
    let name: String
    private let process: StartedProcess

    init(_ role: String, named name: String) throws(KernelError) {
        self.role = role
        self.name = name
        process = try StartedProcess(named: name, CrowdProcess.arguments)
    }

    var pid: Int32 { process.pid }
    var hasEnded: Bool { process.hasEnded }
    func end() { process.end() }

    /// - Returns: the number that the order asks for.
    @discardableResult
    func perform(_ order: Order) throws(LabError) -> Int {
        let answer: String?
        do throws(KernelError) {
            try process.send(order.line)
            answer = try process.receive()
        } catch {
            throw LabError(during: order, name, error.description)
        }
        guard let answer else { throw LabError(during: order, name, "process \(pid) has ended") }
        if answer.hasPrefix("ok "), let value = Int(answer.dropFirst(3)) { return value }
        throw LabError(during: order, name, answer.hasPrefix("error ") ? String(answer.dropFirst(6)) : answer)
    }

    // MARK: Orders

    func listen(
        at endpoint: Endpoint, backlog: Int = 4096, group: String = "listener", flags: Set<Order.Flag> = []
    ) throws(LabError) {
        var order = Order(.listen, group)
        (order.endpoint, order.count, order.flags) = (endpoint, backlog, flags)
        try perform(order)
    }

    func accept(
        _ count: Int, into group: String = "accepted", from listener: String = "listener",
        flags: Set<Order.Flag> = []
    ) throws(LabError) {
        var order = Order(.accept, group)
        (order.listener, order.count, order.flags) = (listener, count, flags)
        try perform(order)
    }

    func connect(
        _ count: Int, to endpoint: Endpoint, into group: String = "connected", flags: Set<Order.Flag> = []
    ) throws(LabError) {
        var order = Order(.connect, group)
        (order.endpoint, order.count, order.flags) = (endpoint, count, flags)
        try perform(order)
    }

    func make(_ count: Int, flags: Set<Order.Flag> = []) throws(LabError) {
        var order = Order(.make, "unconnected")
        (order.count, order.flags) = (count, flags)
        try perform(order)
    }

    func close(_ group: String, _ count: Int? = nil, flags: Set<Order.Flag> = []) throws(LabError) {
        try perform(.close, group, count, flags: flags)
    }

    func shut(_ group: String, _ count: Int? = nil) throws(LabError) { try perform(.shut, group, count) }
    func fill(_ group: String) throws(LabError) { try perform(.fill, group) }
    func deafen(_ group: String) throws(LabError) { try perform(.deafen, group) }

    func send(_ size: Int = 100, on group: String, _ count: Int? = nil) throws(LabError) {
        try perform(.send, group, count, size: size)
    }

    func receive(_ size: Int = 100, on group: String, _ count: Int? = nil) throws(LabError) {
        try perform(.receive, group, count, size: size)
    }

    /// - Returns: the pid of the process that has the same sockets from then on.
    func share(as name: String) throws(LabError) -> Int32 {
        var order = Order(.share)
        order.name = name
        return Int32(clamping: try perform(order))
    }

    func flood(_ endpoint: Endpoint, _ count: Int) throws(LabError) {
        var order = Order(.flood)
        (order.endpoint, order.count) = (endpoint, count)
        try perform(order)
    }

    func limitDescriptors(to count: Int) throws(LabError) { try perform(.limit, "", count) }

    private func perform(
        _ verb: Order.Verb, _ group: String, _ count: Int? = nil, size: Int = 0, flags: Set<Order.Flag> = []
    ) throws(LabError) {
        var order = Order(verb, group)
        (order.count, order.size, order.flags) = (count, size, flags)
        try perform(order)
    }
}

extension LabError {
    fileprivate init(during order: Order, _ name: String, _ reason: String) {
        var next = ""
        if reason.contains("Address already in use") { next = "choose another with --port" }
        if reason.contains("Cannot assign requested address") {
            next = "all ephemeral ports towards this destination are in use: choose a smaller --count"
        }
        if reason.contains("Too many open files") {
            next = "choose a smaller --count, or raise the hard limit (ulimit -Hn)"
        }
        self.init("\(name) could not \(order.verb.rawValue): \(reason)", next: next)
    }
}
