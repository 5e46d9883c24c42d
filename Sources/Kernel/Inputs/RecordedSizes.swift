internal import Synchronization

/// How many bytes each input of a recording has: what was cut or lost later is noticed, and not taken for an empty host.
final class RecordedSizes: Sendable {
    static let file = "manifest"

    private let sizes: Mutex<[String: Int]>
    /// A manifest was there.
    let isRead: Bool

    init() {
        sizes = Mutex([:])
        isRead = false
    }

    /// Of a recording that has none, nothing is known.
    init(reading folder: String) {
        let bytes = try? readRecorded("\(folder)/\(Self.file)")
        var read: [String: Int] = [:]
        for line in ProcText(bytes ?? []).lines {
            guard let blank = line.firstIndex(of: UInt8(ascii: " ")), let size: Int = ProcText.integer(line[..<blank])
            else {
                continue
            }
            read[String(decoding: line[(blank + 1)...], as: UTF8.self)] = size
        }
        sizes = Mutex(read)
        isRead = bytes.map { $0.ends(with: Self.end.utf8) } ?? false
    }

    func size(of key: String) -> Int? { sizes.withLock { $0[key] } }

    /// An input that is read again is the last one.
    func set(_ count: Int, of key: String) { sizes.withLock { $0[key] = count } }

    func add(_ count: Int, to key: String) { sizes.withLock { $0[key, default: 0] += count } }

    func forget(_ key: String) { _ = sizes.withLock { $0.removeValue(forKey: key) } }

    /// `size key` lines, and a last line that says that none is missing.
    var manifest: String {
        let lines = sizes.withLock { sizes in sizes.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)\n" } }
        return lines.joined() + Self.end
    }

    private static let end = "end\n"
}

extension Collection where Element: Equatable {
    fileprivate func ends(with suffix: some BidirectionalCollection<Element>) -> Bool {
        count >= suffix.count && dropFirst(count - suffix.count).elementsEqual(suffix)
    }
}
