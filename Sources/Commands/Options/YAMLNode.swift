import CYAML

/// One value of a YAML file, and the line where it begins. Read by libyaml (YAML 1.1), its aliases followed.
struct YAMLNode: Sendable {
    enum Content: Sendable {
        /// - isPlain: without quotes.
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
        guard isPlain, let text = string else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(text)
    }

    var bool: Bool? {
        switch string?.lowercased() {
        case "true", "yes", "on": true
        case "false", "no", "off": false
        default: nil
        }
    }

    /// Decimal, or hexadecimal behind 0x; `_` between digits is passed over.
    var int: Int? {
        guard let text = string?.filter({ $0 != "_" }) else { return nil }
        return text.hasPrefix("0x") ? Int(text.dropFirst(2), radix: 16) : Int(text)
    }

    var float: Double? {
        switch string?.lowercased() {
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
    /// A mapping that begins at the line has these keys more than once.
    case duplicateKeys(line: Int, [String])
}

extension YAMLNode {
    /// - Returns: the one document of the text; `nil` for an empty one.
    static func compose(_ text: String) throws(YAMLError) -> YAMLNode? {
        let parser = try YAMLParser(text)
        guard let root = try parser.document() else { return nil }
        if let second = try parser.document() {
            throw .syntax(line: second.line, problem: "a second document begins here; one is expected")
        }
        return root
    }
}

/// libyaml's parser: it keeps addresses of itself, so it stands in memory of its own.
private struct YAMLParser: ~Copyable {
    /// Deeper than anybody writes. With aliases a file of a few lines can be endless or have millions of values.
    private static let deepest = 64
    private static let most = 100_000

    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let bytes: UnsafeMutableBufferPointer<UInt8>

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

    /// The next document; `nil` at the end.
    borrowing func document() throws(YAMLError) -> YAMLNode? {
        var document = yaml_document_t()
        guard yaml_parser_load(parser, &document) == 1 else { throw problem() }
        defer { yaml_document_delete(&document) }
        var count = 0
        return try node(yaml_document_get_root_node(&document), of: &document, depth: 0, &count)
    }

    private borrowing func problem() -> YAMLError {
        let text = parser.pointee.problem.map { String(cString: $0) } ?? "no memory"
        // What reads the bytes knows no lines.
        let isRead = parser.pointee.error == YAML_READER_ERROR || parser.pointee.error == YAML_MEMORY_ERROR
        return .syntax(line: isRead ? nil : Int(parser.pointee.problem_mark.line) + 1, problem: text)
    }

    private borrowing func node(
        _ raw: UnsafeMutablePointer<yaml_node_t>?, of document: inout yaml_document_t, depth: Int, _ count: inout Int
    ) throws(YAMLError) -> YAMLNode? {
        guard let node = raw?.pointee else { return nil }
        let line = Int(node.start_mark.line) + 1
        count += 1
        guard depth < Self.deepest, count < Self.most else {
            throw .syntax(line: line, problem: "this is nested too deeply, or an alias makes it too large")
        }
        switch node.type {
        case YAML_SCALAR_NODE:
            let scalar = node.data.scalar
            let text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
            return YAMLNode(
                content: .scalar(text, isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE), line: line)
        case YAML_SEQUENCE_NODE:
            let items = node.data.sequence.items
            var values: [YAMLNode] = []
            for item in UnsafeBufferPointer(start: items.start, count: items.top - items.start) {
                let value = yaml_document_get_node(&document, item)
                if let value = try self.node(value, of: &document, depth: depth + 1, &count) { values.append(value) }
            }
            return YAMLNode(content: .sequence(values), line: line)
        case YAML_MAPPING_NODE:
            let raw = node.data.mapping.pairs
            var pairs: [(key: YAMLNode, value: YAMLNode)] = []
            var names: Set<String> = []
            var twice: Set<String> = []
            for pair in UnsafeBufferPointer(start: raw.start, count: raw.top - raw.start) {
                let rawKey = yaml_document_get_node(&document, pair.key)
                let rawValue = yaml_document_get_node(&document, pair.value)
                guard let key = try self.node(rawKey, of: &document, depth: depth + 1, &count),
                    let value = try self.node(rawValue, of: &document, depth: depth + 1, &count)
                else { continue }
                if let name = key.string, !names.insert(name).inserted { twice.insert(name) }
                pairs.append((key, value))
            }
            guard twice.isEmpty else { throw .duplicateKeys(line: line, twice.sorted()) }
            return YAMLNode(content: .mapping(pairs), line: line)
        default: return nil
        }
    }
}
