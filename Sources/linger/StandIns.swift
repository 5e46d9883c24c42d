// Until the branches `filter` and `diagnosis` are merged.
import Sockets

enum Language: String, Sendable, CaseIterable { case en, zh }

extension String {
    var escapedForTerminal: String { self }
}

extension IPAddress {
    func format(into buffer: UnsafeMutableBufferPointer<UInt8>) -> Int {
        var text = "\(low)"
        if family == .ipv4 { text = [24, 16, 8, 0].map { String((low >> UInt64($0)) & 255) }.joined(separator: ".") }
        for (index, byte) in text.utf8.enumerated() { buffer[index] = byte }
        return text.utf8.count
    }
}

extension Endpoint {
    func format(into buffer: UnsafeMutableBufferPointer<UInt8>) -> Int {
        let used = address.format(into: buffer)
        let text = ":\(port)"
        for (index, byte) in text.utf8.enumerated() { buffer[used + index] = byte }
        return used + text.utf8.count
    }
}

struct FilterSyntaxError: Error {
    func message(language: Language) -> String { "" }
    var marked: String { "" }
}

struct NameResolver { static let none = NameResolver() }

struct PreparedFilter { func matches(_ connection: Connection) -> Bool { true } }

struct Filter {
    var states = StateSet.all
    var families: Set<IPAddress.Family> = [.ipv4, .ipv6]
    var namesStates = false, needsHolders = false, needsProcessDetails = false, needsLimits = false
    init(parsing words: [String], resolver: NameResolver) throws(FilterSyntaxError) {}
    func prepared(for snapshot: Snapshot) -> PreparedFilter { PreparedFilter() }
}
