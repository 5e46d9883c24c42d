import CYAML

/// One value of a YAML file, and the line where it begins. Read by libyaml, its aliases followed.
///
/// Numbers and truth values are those that stand without quotes and without a tag.
struct YAMLNode: Sendable {
    enum Content: Sendable {
        /// - isPlain: without quotes, and without a tag.
        case scalar(String, isPlain: Bool)
        case sequence([YAMLNode])
        /// In the order of the file.
        case mapping([(key: YAMLNode, value: YAMLNode)])
    }

    let content: Content
    /// From 1.
    let line: Int

    var sequence: [YAMLNode]? {
        if case .sequence(let values) = content { values } else { nil }
    }

    var mapping: [(key: YAMLNode, value: YAMLNode)]? {
        if case .mapping(let pairs) = content { pairs } else { nil }
    }

    /// The text of a scalar, whatever it would be read as.
    var string: String? {
        if case .scalar(let text, _) = content { text } else { nil }
    }

    var isPlain: Bool {
        if case .scalar(_, let isPlain) = content { isPlain } else { false }
    }

    /// Nothing: empty, `~` or `null` without quotes.
    var isNull: Bool {
        plain.map(["", "~", "null", "Null", "NULL"].contains) ?? false
    }

    private var plain: String? { isPlain ? string : nil }

    var bool: Bool? {
        switch plain?.lowercased() {
        case "true", "yes", "on": true
        case "false", "no", "off": false
        default: nil
        }
    }

    /// Decimal, or hexadecimal behind 0x; `_` between digits is passed over. No `010`: YAML 1.1 and 1.2 read it differently.
    var int: Int? {
        guard let text = plain?.filter({ $0 != "_" }) else { return nil }
        if text.hasPrefix("0x") { return Int(text.dropFirst(2), radix: 16) }
        let digits = text.hasPrefix("-") || text.hasPrefix("+") ? text.dropFirst() : text[...]
        return digits.hasPrefix("0") && digits.count > 1 ? nil : Int(text)
    }

    var float: Double? {
        switch plain?.lowercased() {
        case nil: nil
        case ".inf", "+.inf": .infinity
        case "-.inf": -.infinity
        case ".nan": .nan
        case .some(let text): Double(text.filter { $0 != "_" })
        }
    }

    subscript(key: String) -> YAMLNode? { mapping?.first { $0.key.string == key }?.value }
}

/// Why a text is no YAML, or none that is taken.
enum YAMLError: Error, Equatable {
    case syntax(line: Int?, problem: String)
    /// A mapping has these keys more than once; the line of the first that comes again.
    case duplicateKeys(line: Int, [String])
}

extension YAMLNode {
    /// - Returns: the one document of the text; `nil` for an empty one.
    static func compose(_ text: String) throws(YAMLError) -> YAMLNode? {
        var parser = try YAMLParser(text)
        return try parser.document()
    }
}

/// Makes values of libyaml's events as they come, so that what is too deep or too large ends early.
private struct YAMLParser: ~Copyable {
    private enum Event {
        case scalar(YAMLNode, anchor: String?)
        case sequence(line: Int, anchor: String?)
        case mapping(line: Int, anchor: String?)
        case alias(String, line: Int)
        /// Of a sequence, a mapping, a document or the stream.
        case end
        case documentStart(line: Int)
        case streamStart
    }

    /// Deeper and more than anybody writes. With aliases a file of a few lines can have millions of values.
    private static let deepest = 64
    private static let most = 100_000

    /// It keeps addresses of itself, so it stands in memory of its own.
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let bytes: UnsafeMutableBufferPointer<UInt8>
    private var anchors: [String: (node: YAMLNode, count: Int)] = [:]
    private var count = 0

    init(_ text: String) throws(YAMLError) {
        let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        guard yaml_parser_initialize(parser) == 1 else {
            parser.deallocate()
            throw .syntax(line: nil, problem: "no memory")
        }
        self.parser = parser
        bytes = .allocate(capacity: max(1, text.utf8.count))
        _ = bytes.initialize(from: text.utf8)
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, bytes.baseAddress, text.utf8.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
        bytes.deallocate()
    }

    mutating func document() throws(YAMLError) -> YAMLNode? {
        guard case .streamStart = try next(), case .documentStart = try next() else { return nil }
        let root = try node(try next(), depth: 0)
        _ = try next()
        if case .documentStart(let line) = try next() {
            throw .syntax(line: line, problem: "a second document begins here; one is expected")
        }
        return root
    }

    /// The value that begins with the event; `nil` where something ends.
    private mutating func node(_ event: Event, depth: Int) throws(YAMLError) -> YAMLNode? {
        let before = count
        count += 1
        let node: YAMLNode
        let name: String?
        switch event {
        case .end, .streamStart, .documentStart: return nil
        case .alias(let anchor, let line):
            // One of a value that has not ended yet is none.
            guard let known = anchors[anchor] else { throw .syntax(line: line, problem: "undefined alias '\(anchor)'") }
            count += known.count
            try check(depth, line)
            return YAMLNode(content: known.node.content, line: line)
        case .scalar(let scalar, let anchor): (node, name) = (scalar, anchor)
        case .sequence(let line, let anchor):
            try check(depth, line)
            var values: [YAMLNode] = []
            while let value = try self.node(try next(), depth: depth + 1) { values.append(value) }
            (node, name) = (YAMLNode(content: .sequence(values), line: line), anchor)
        case .mapping(let line, let anchor):
            try check(depth, line)
            (node, name) = (YAMLNode(content: .mapping(try pairs(depth)), line: line), anchor)
        }
        try check(depth, node.line)
        if let name { anchors[name] = (node, count - before) }
        return node
    }

    private mutating func pairs(_ depth: Int) throws(YAMLError) -> [(key: YAMLNode, value: YAMLNode)] {
        var pairs: [(key: YAMLNode, value: YAMLNode)] = []
        var names: Set<String> = []
        var twice: [YAMLNode] = []
        while let key = try node(try next(), depth: depth + 1) {
            guard let value = try node(try next(), depth: depth + 1) else { break }
            if let name = key.string, !names.insert(name).inserted { twice.append(key) }
            pairs.append((key, value))
        }
        if let first = twice.first {
            throw .duplicateKeys(line: first.line, Set(twice.compactMap(\.string)).sorted())
        }
        return pairs
    }

    private borrowing func check(_ depth: Int, _ line: Int) throws(YAMLError) {
        guard depth < Self.deepest, count < Self.most else {
            throw .syntax(line: line, problem: "nested too deeply, or too many values")
        }
    }

    private borrowing func next() throws(YAMLError) -> Event {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw problem() }
        defer { yaml_event_delete(&event) }
        let line = Int(event.start_mark.line) + 1
        switch event.type {
        case YAML_STREAM_START_EVENT: return .streamStart
        case YAML_DOCUMENT_START_EVENT: return .documentStart(line: line)
        case YAML_ALIAS_EVENT: return .alias(Self.text(event.data.alias.anchor) ?? "", line: line)
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            let text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
            let isPlain = scalar.style == YAML_PLAIN_SCALAR_STYLE && scalar.tag == nil
            return .scalar(
                YAMLNode(content: .scalar(text, isPlain: isPlain), line: line), anchor: Self.text(scalar.anchor))
        case YAML_SEQUENCE_START_EVENT:
            return .sequence(line: line, anchor: Self.text(event.data.sequence_start.anchor))
        case YAML_MAPPING_START_EVENT:
            return .mapping(line: line, anchor: Self.text(event.data.mapping_start.anchor))
        default: return .end
        }
    }

    private static func text(_ characters: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        characters.map { String(cString: $0) }
    }

    private borrowing func problem() -> YAMLError {
        let text = parser.pointee.problem.map { String(cString: $0) } ?? "no memory"
        // What reads the bytes knows no lines.
        let isRead = parser.pointee.error == YAML_READER_ERROR || parser.pointee.error == YAML_MEMORY_ERROR
        return .syntax(line: isRead ? nil : Int(parser.pointee.problem_mark.line) + 1, problem: text)
    }
}
