extension Inputs {
    /// Which namespaces a look goes through is an input too: a replay of all goes through those that were recorded.
    func namespaces(_ wanted: Look.Namespaces) throws(KernelError) -> Look.Namespaces {
        let recorded = try bytes("namespaces") { () throws(KernelError) in Array(wanted.text.utf8) }
        guard isReplay, wanted == .all else { return wanted }
        return Look.Namespaces(text: String(decoding: recorded, as: UTF8.self))
    }
}

extension Look.Namespaces {
    /// `all`, `own`, `pid:812`, `inode:4026531840`, `name:blue`
    var text: String {
        switch self {
        case .all: "all"
        case .own: "own"
        case .named(let name): "name:\(name)"
        case .process(let pid): "pid:\(pid)"
        case .inode(let inode): "inode:\(inode)"
        }
    }

    /// As people write it for `--netns`: `all`, `own`, `pid:812`, `net:[4026531840]`, `blue`.
    var spelling: String {
        switch self {
        case .all, .own, .process: text
        case .named(let name): name
        case .inode(let inode): "net:[\(inode)]"
        }
    }

    /// What `text` wrote; anything else stands for all.
    init(text: String) {
        let parts = text.split(separator: ":", maxSplits: 1)
        switch (parts.first, parts.last) {
        case ("own", _): self = .own
        case ("name", let name?) where parts.count == 2: self = .named(String(name))
        case ("pid", let number?): self = Int32(number).map(Self.process) ?? .all
        case ("inode", let number?): self = UInt32(number).map(Self.inode) ?? .all
        default: self = .all
        }
    }
}
