import Glibc
import Lab
import Sockets
import TCP

// What the stack says, and what the script's shell commands see and set.
extension Host {
    func takePackets() {
        stack.drainPackets { packet, time in
            packets.append((packet.withUnsafeBytes { Array($0) }, time))
        }
    }

    func takeEvents() {
        while let event = stack.nextEvent() {
            guard case .closed(let ending) = event.kind, let descriptor = bySocket[event.socket] else { continue }
            descriptor.error = ending.code
        }
    }

    /// The next packet; time passes until there is one. `nil`: there will be none.
    func nextPacket() -> (bytes: [UInt8], time: Instant)? {
        while packets.isEmpty {
            guard let next = nextTime else { return nil }
            run(until: next)
        }
        return packets.removeFirst()
    }

    /// A packet from the network.
    func arrive(_ packet: UnsafeRawBufferPointer) { stack.receive(packet: RawSpan(_unsafeBytes: packet), at: now) }

    // MARK: files beside the script

    /// Reads what was added to the file of settings.
    func readSettings() {
        guard let path = flags.settingsPath else { return }
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        defer { close(file) }
        lseek(file, off_t(settingsRead), SEEK_SET)
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = read(file, &bytes, bytes.count)
        guard count > 0, let end = bytes[..<count].lastIndex(of: UInt8(ascii: "\n")) else { return }
        settingsRead += end + 1
        for line in String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2, words[0] == "drop" { drop(String(words[1])) } else { settings.set(line) }
        }
        stack.settings = settings.stack(flags)
    }

    /// tcpdrop(8): connections in a state end.
    private func drop(_ name: String) {
        for socket in stack.sockets where stack.state(of: socket).map({ Self.name($0) }) == name {
            if let descriptor = bySocket[socket] {
                bySocket[socket] = nil
                descriptor.kind = .fresh
                descriptor.error = ECONNABORTED
            }
            try? stack.abort(socket, at: now)
        }
    }

    /// FreeBSD's names: `SYN_RCVD`, as RFC 9293's with underscores.
    private static func name(_ state: State) -> String { state.name.description }

    /// One line a socket: held or not, local and remote address, state.
    func writeTable() {
        guard let path = flags.socketsPath else { return }
        var table = ""
        for socket in stack.sockets {
            guard let state = stack.state(of: socket) else { continue }
            let holder = stack.isHeld(socket) ? "held" : "-"
            if let endpoints = stack.endpoints(of: socket) {
                let version = endpoints.version == .v4 ? 4 : 6
                table += "\(holder) tcp\(version) \(endpoints.local) \(endpoints.remote) \(Self.name(state))\n"
            } else if let local = stack.address(ofListener: socket) {
                table += "\(holder) tcp\(local.address.family == .ipv4 ? 4 : 6) \(local) *:* \(Self.name(state))\n"
            }
        }
        guard table != lastTable else { return }
        lastTable = table
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { return }
        defer { close(file) }
        _ = table.utf8.withContiguousStorageIfAvailable { write(file, $0.baseAddress, $0.count) }
    }
}
