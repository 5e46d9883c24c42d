import History
import Sockets

/// The JSON documents of `linger history`; docs/history.md names the keys, which are never translated.
struct HistoryJSON {
    var writer = JSONWriter(reservingCapacity: 4096)

    init(_ session: HistorySession) {
        writer.beginObject()
        pair("schema", 1)
        pair("from_us", session.span.from)
        pair("to_us", session.span.to)
    }

    mutating func end(to output: inout Output) {
        writer.endObject()
        writer.newline()
        output.buffer.append(writer.drain())
    }

    mutating func pair(_ key: StaticString, _ value: String?) {
        writer.key(key)
        writer.value(value)
    }

    mutating func pair(_ key: StaticString, _ value: (some BinaryInteger)?) {
        writer.key(key)
        writer.value(value)
    }

    mutating func pair(_ key: StaticString, _ value: Double?) {
        writer.key(key)
        writer.value(value)
    }

    mutating func pair(_ key: StaticString, _ value: Bool?) {
        writer.key(key)
        writer.value(value)
    }

    /// Objects under a key.
    mutating func array<Element>(
        _ key: StaticString, _ elements: some Collection<Element>, _ body: (inout HistoryJSON, Element) -> Void
    ) {
        writer.key(key)
        writer.beginArray()
        for element in elements {
            writer.beginObject()
            body(&self, element)
            writer.endObject()
        }
        writer.endArray()
    }

    mutating func way(_ way: ConnectionWay?) {
        switch way {
        case .listener(let place)?: pair("listener", place)
        case .destination(let place)?: pair("destination", place)
        case .other?, nil: pair("destination", nil as String?)
        }
    }
}
