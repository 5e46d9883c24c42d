import Sockets

/// One column of `linger list`, in every output: table, CSV, JSON.
///
/// The writers are pure: a connection and what its rows share in, bytes out. Rows can be written on several threads.
struct Column: Sendable {
    typealias Writer = @Sendable (Connection, Rows, inout ByteBuffer) -> Void

    enum Alignment: Sendable { case left, right }

    /// Tables that show it unless `--columns` chooses.
    enum Table: Sendable { case standard, wide, all }

    /// How the plain bytes become a JSON value. No bytes are `null`.
    enum JSON: Sendable {
        /// A number or `true`/`false`: as they are.
        case bare
        case string
        /// More than one value: written as JSON by its own writer.
        case nested(Writer)
    }

    /// Its name in `--columns` and `--sort`.
    var name: String
    /// Its key in JSON and in the head of CSV: the name with its unit, snake case. Never translated.
    var key: String
    var english: String
    var chinese: String
    var alignment: Alignment
    var table: Table
    /// Rows need to know who holds the sockets.
    var needsHolders = false
    /// Rows need more of a process than its name.
    var needsProcessDetails = false
    /// For people. Writes `-` for what is not known.
    var text: Writer
    /// For programs: whole units, untranslated names. Writes nothing for what is not known.
    var plain: Writer
    var json: JSON
    var sortKey: @Sendable (Connection, Rows) -> SortKey

    func title(in language: Language) -> String {
        switch language {
        case .en: english
        case .zh: chinese
        }
    }
}

/// What rows are sorted by. Unknown comes last in either direction.
enum SortKey: Sendable, Equatable {
    case unknown
    case number(UInt64)
    case text([UInt8])
    case endpoint(Endpoint)

    init(_ value: (some UnsignedInteger)?) {
        self = value.map { .number(UInt64($0)) } ?? .unknown
    }

    /// Keys of one column are of one case, or unknown.
    func precedes(_ other: SortKey) -> Bool {
        switch (self, other) {
        case (.number(let left), .number(let right)): left < right
        case (.text(let left), .text(let right)): left.lexicographicallyPrecedes(right)
        case (.endpoint(let left), .endpoint(let right)): left.sortParts < right.sortParts
        default: false
        }
    }
}

extension Endpoint {
    /// IPv4 before IPv6, then by address, then by port.
    fileprivate var sortParts: (UInt8, UInt64, UInt64, UInt16) {
        (address.family.rawValue, address.high, address.low, port)
    }
}
