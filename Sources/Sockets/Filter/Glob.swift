/// A shell pattern over bytes: `*` any run, `?` one byte, `\` takes the next byte as it is. Case counts.
struct Glob: Sendable, Hashable {
    private enum Element: Hashable { case literal(UInt8), one, run }

    let text: String
    private let elements: [Element]

    init(_ text: String) {
        self.text = text
        var elements: [Element] = []
        var escaped = false
        for byte in text.utf8 {
            switch byte {
            case _ where escaped:
                elements.append(.literal(byte))
                escaped = false
            case UInt8(ascii: "\\"): escaped = true
            case UInt8(ascii: "*"): if elements.last != .run { elements.append(.run) }
            case UInt8(ascii: "?"): elements.append(.one)
            default: elements.append(.literal(byte))
            }
        }
        self.elements = elements
    }

    /// It is a plain name: nothing in it stands for anything else.
    var isLiteral: Bool { elements.allSatisfy { $0 != .run && $0 != .one } }

    /// Time is bounded by the product of both lengths: only the last `*` is ever tried again.
    func matches(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        var (element, byte) = (0, 0)
        var retry: (element: Int, byte: Int)?
        while byte < bytes.count {
            if element < elements.count, elements[element] == .run {
                element += 1
                retry = (element, byte)
            } else if element < elements.count, accepts(elements[element], bytes[byte]) {
                element += 1
                byte += 1
            } else if let last = retry {
                // The last run takes one byte more.
                retry = (last.element, last.byte + 1)
                (element, byte) = (last.element, last.byte + 1)
            } else {
                return false
            }
        }
        return elements[element...].allSatisfy { $0 == .run }
    }

    private func accepts(_ element: Element, _ byte: UInt8) -> Bool {
        switch element {
        case .literal(let wanted): wanted == byte
        case .one, .run: true
        }
    }
}
