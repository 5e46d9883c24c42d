package import Sockets

/// Values under small numbers, each kept as long as something refers to it. A value that many lives share stands once.
package struct CountedTable<Value: Hashable & Sendable>: Sendable {
    package struct Number: Hashable, Sendable {
        let raw: UInt32
    }

    private var values: [(value: Value?, uses: UInt32)] = []
    private var numbers: [Value: UInt32] = [:]
    private var free: [UInt32] = []
    private let limit: Int
    /// Values that found no room.
    package private(set) var leftOut: UInt64 = 0

    init(limit: Int) { self.limit = limit }

    package var count: Int { numbers.count }
    func contains(_ value: Value) -> Bool { numbers[value] != nil }
    /// Every number is below it.
    var places: Int { values.count }

    package subscript(number: Number) -> Value? {
        values.indices.contains(Int(number.raw)) ? values[Int(number.raw)].value : nil
    }

    /// Counts one use more of the value; `nil` where the table is full.
    mutating func retain(_ value: Value) -> Number? {
        if let raw = numbers[value] {
            values[Int(raw)].uses += 1
            return Number(raw: raw)
        }
        guard numbers.count < limit else {
            leftOut += 1
            return nil
        }
        let raw: UInt32
        if let place = free.popLast() {
            raw = place
            values[Int(raw)] = (value, 1)
        } else {
            raw = UInt32(values.count)
            values.append((value, 1))
        }
        numbers[value] = raw
        return Number(raw: raw)
    }

    /// Counts one use more of a value under a number that it may still have; `nil` where it has not.
    mutating func retain(_ number: Number, of value: Value) -> Number? {
        guard self[number] == value else { return nil }
        values[Int(number.raw)].uses += 1
        return number
    }

    mutating func release(_ number: Number) {
        let index = Int(number.raw)
        guard values.indices.contains(index), values[index].uses > 0, let value = values[index].value else { return }
        values[index].uses -= 1
        if values[index].uses == 0 {
            numbers[value] = nil
            values[index].value = nil
            free.append(number.raw)
        }
    }
}

/// The processes that opened the connections that live.
package typealias OwnerTable = CountedTable<ProcessIdentity>
/// The stacks that they opened them with.
package typealias StackTable = CountedTable<CallStack>

/// Where in a program a connection was opened. Addresses mean something only in their process.
package struct CallStack: Hashable, Sendable {
    package var process: ProcessIdentity
    /// Return addresses, the innermost first.
    package var frames: [UInt64]

    package init(process: ProcessIdentity, frames: [UInt64]) {
        self.process = process
        self.frames = frames
    }
}
