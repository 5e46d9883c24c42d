internal import Glibc
internal import Sockets

/// Which way a look goes: by the eBPF iterators, or by sock_diag and /proc. Sockets and descriptors are chosen apart.
///
/// What was decided is an input too: a replay goes the same way.
struct Ways: Sendable {
    let socketIterator: Bool
    let descriptorIterator: Bool
    /// About how many sockets there are and how many open files, to make room for them.
    let expectedSockets: Int
    let expectedFiles: Int
    /// The user insists on the iterators.
    private let isRequired: Bool

    // Where both ways take the same time, measured: docs/decisions/0001.
    private static let socketsWorthLoading = 1_500
    private static let filesWorthLoading = 2_000
    /// Of either: the program that reads ahead takes 2 ms longer to load (docs/benchmarks.md).
    private static let worthReadingAhead = 16_000

    init(_ inputs: Inputs, _ look: Look, _ host: HostFacts) throws(KernelError) {
        let here = NamespaceInputs(inputs: inputs, inode: host.namespace)
        let sockstat = Sockstat(here)
        // `alloc` counts all namespaces, `inuse` and `tw` this one. Bounded: a recording may claim any number.
        let counts =
            look.namespaces == .own
            ? [sockstat["inuse"], Sockstat(here, .ipv6)["inuse"], sockstat["tw"]] : [sockstat["alloc"], sockstat["tw"]]
        let sockets = counts.reduce(0) { $0 + Int(min(1 << 20, $1 ?? 0)) }
        let fileNumbers = (try? here.file("/proc/sys/fs/file-nr")).map { ProcText($0).words } ?? []
        let files: UInt64 = fileNumbers.first.flatMap { ProcText.integer($0) } ?? 0
        // Some more come while we look, and requests are not counted. Memory that is not used is not touched; still, a
        // recording that claims millions gets none for them before they have come.
        expectedSockets = min(sockets + sockets / 8 + 1024, 1 << 18)
        expectedFiles = Int(min(1 << 20, files))
        isRequired = look.method == .bpf
        let choice =
            switch look.method {
            case .bpf: (true, true)
            case .proc: (false, false)
            case .auto: (sockets >= Self.socketsWorthLoading, files >= UInt64(Self.filesWorthLoading))
            }
        let recorded = try inputs.bytes("ways") { () throws(KernelError) in
            Array("\(choice.0 ? "iterator" : "sock_diag") \(choice.1 ? "iterator" : "proc")".utf8)
        }
        let words = ProcText(recorded).words.map { String(decoding: $0, as: UTF8.self) }
        guard words.count == 2 else { throw KernelError(call: "replay", subject: "ways", hint: "it has two words") }
        socketIterator = words[0] == "iterator"
        descriptorIterator = words[1] == "iterator"
    }

    private func expected(_ kind: IteratorProgram.Kind) -> Int {
        switch kind {
        case .sockets: expectedSockets
        case .descriptors: expectedFiles
        }
    }

    /// Loads an iterator. What a kernel allows depends on capabilities, lockdown and how it was built: it is asked by
    /// loading, and the answer is an input. Refused, the other way is taken, which sees the same and is slower.
    /// - Returns: no program in a replay, which uses what was read.
    /// - Throws: when it is refused and the user insists on it.
    func load(
        _ kind: IteratorProgram.Kind, wanted: Bool, _ inputs: Inputs
    ) throws(KernelError) -> (program: IteratorProgram?, isUsed: Bool, gaps: [Gap]) {
        guard wanted else { return (nil, false, []) }
        var program: IteratorProgram?
        do throws(KernelError) {
            _ = try inputs.bytes("load.\(kind.name)") { () throws(KernelError) in
                program = try PhaseLog.shared.measure("load") { () throws(KernelError) in
                    try IteratorProgram(kind, readsAhead: expected(kind) >= Self.worthReadingAhead)
                }
                return Array("loaded\n".utf8)
            }
            return (program, true, [])
        } catch {
            guard !isRequired || inputs.isReplay else {
                throw KernelError(
                    call: error.call, subject: error.subject, code: error.code,
                    hint:
                        "this host does not let us run the eBPF iterators (root or CAP_BPF and CAP_PERFMON, and a kernel with BTF); leave `--method bpf` away to go by sock_diag and /proc"
                )
            }
            return (nil, false, [Gap(kind: .bpf, reason: error.description, isPartial: false)])
        }
    }
}

extension IteratorProgram.Kind {
    fileprivate var name: String {
        switch self {
        case .sockets: "sockets"
        case .descriptors: "descriptors"
        }
    }
}
