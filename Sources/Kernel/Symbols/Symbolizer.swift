internal import CLibDW
internal import Glibc
package import Sockets

/// Says where in a program an address is: by the symbols and line tables of the files that are mapped there (libdw), and
/// by perf maps for code that was compiled while it ran. To be used on one thread.
package final class Symbolizer {
    private var known: [ProcessIdentity: ProcessSymbols?] = [:]
    private var order: [ProcessIdentity] = []
    /// Processes whose files are kept open.
    private static let most = 16

    package init() {
        // Symbols that are not on this host would be asked for over the network, at each stack.
        unsetenv("DEBUGINFOD_URLS")
    }

    /// The calls of a stack, the innermost first. A process that is gone leaves the addresses.
    /// - Parameter frames: return addresses.
    package func describe(_ frames: [UInt64], of process: ProcessIdentity) -> [StackFrame] {
        guard let symbols = symbols(of: process) else { return frames.map(StackFrame.init(address:)) }
        return frames.map { symbols.frame(at: $0) }
    }

    /// The runtime that the process's own code runs in, where it is an interpreter or a virtual machine.
    package func runtime(of process: ProcessIdentity) -> String? { symbols(of: process)?.runtime }

    private func symbols(of process: ProcessIdentity) -> ProcessSymbols? {
        if let found = known[process] { return found }
        if order.count >= Self.most { known[order.removeFirst()] = nil }
        let symbols = process.pid > 0 ? ProcessSymbols(process.pid) : nil
        known[process] = .some(symbols)
        order.append(process)
        return symbols
    }
}

/// The files that are mapped into one process.
private final class ProcessSymbols {
    private let pid: Int32
    private var session: OpaquePointer
    private let callbacks: UnsafeMutablePointer<Dwfl_Callbacks>
    private lazy var perfMap = PerfMap(of: pid)
    private var refreshes = 0
    private(set) var runtime: String?

    private static let mostRefreshes = 8

    init?(_ pid: Int32) {
        self.pid = pid
        callbacks = .allocate(capacity: 1)
        callbacks.initialize(to: Dwfl_Callbacks())
        callbacks.pointee.find_elf = Self.openMapped
        callbacks.pointee.find_debuginfo = dwfl_standard_find_debuginfo
        guard let session = Self.session(callbacks, pid) else {
            callbacks.deallocate()
            return nil
        }
        self.session = session
        runtime = Self.runtime(of: pid)
    }

    deinit {
        dwfl_end(session)
        callbacks.deallocate()
    }

    /// What is mapped now; `nil` where the process is gone.
    private static func session(_ callbacks: UnsafeMutablePointer<Dwfl_Callbacks>, _ pid: Int32) -> OpaquePointer? {
        guard let session = dwfl_begin(callbacks) else { return nil }
        dwfl_report_begin(session)
        let code = dwfl_linux_proc_report(session, pid)
        guard code == 0, dwfl_report_end(session, nil, nil) == 0 else {
            dwfl_end(session)
            return nil
        }
        if !ProcessFiles(pid).areOurs {
            // Each module carries the process, for `openMapped`.
            _ = dwfl_getmodules(
                session,
                { _, data, _, _, process in
                    data?.pointee = process
                    return CInt(DWARF_CB_OK)
                }, UnsafeMutableRawPointer(bitPattern: UInt(pid)), 0)
        }
        return session
    }

    /// Opens a file that is mapped: as the process sees it, where it does not see ours.
    private static let openMapped:
        @convention(c) (
            OpaquePointer?, UnsafeMutablePointer<UnsafeMutableRawPointer?>?, UnsafePointer<CChar>?, Dwarf_Addr,
            UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, UnsafeMutablePointer<OpaquePointer?>?
        ) -> CInt = { module, data, name, base, path, file in
            guard let process = data?.pointee, let name, name.pointee == UInt8(ascii: "/") else {
                return dwfl_linux_proc_find_elf(module, data, name, base, path, file)
            }
            let files = ProcessFiles(Int32(truncatingIfNeeded: UInt(bitPattern: process)))
            let known = String(cString: name)
            guard let opened = files.open(known) else { return -1 }
            path?.pointee = strdup(files.place(of: known))
            return opened
        }

    /// Looks again: the process may have mapped a file since. What was known stays where the process is gone.
    private func refresh() -> Bool {
        guard refreshes < Self.mostRefreshes else { return false }
        refreshes += 1
        guard let fresh = Self.session(callbacks, pid) else { return false }
        dwfl_end(session)
        session = fresh
        return true
    }

    func frame(at address: UInt64) -> StackFrame {
        var frame = StackFrame(address: address)
        // A return address stands behind the call: the line is that of the byte before.
        let call = address > 0 ? address - 1 : 0
        var module = dwfl_addrmodule(session, call)
        if module == nil, refresh() { module = dwfl_addrmodule(session, call) }
        guard let module else {
            if let (name, offset) = perfMap?.name(at: call) {
                frame.symbol = name
                frame.symbolOffset = offset + 1
            }
            return frame
        }
        if let name = dwfl_module_info(module, nil, nil, nil, nil, nil, nil, nil) {
            frame.module = String(cString: name)
        }
        addSymbol(module, call, to: &frame)
        addLine(module, call, to: &frame)
        addBuildID(module, to: &frame)
        return frame
    }

    private func addSymbol(_ module: OpaquePointer, _ call: UInt64, to frame: inout StackFrame) {
        var offset: GElf_Off = 0
        var symbol = GElf_Sym()
        if let name = dwfl_module_addrinfo(module, call, &offset, &symbol, nil, nil, nil) {
            frame.symbol = String(cString: name)
            frame.symbolOffset = offset + 1
        } else if let (name, offset) = perfMap?.name(at: call) {
            frame.symbol = name
            frame.symbolOffset = offset + 1
        }
        var relative = frame.address
        if dwfl_module_relocate_address(module, &relative) >= 0 { frame.offset = relative }
    }

    private func addLine(_ module: OpaquePointer, _ call: UInt64, to frame: inout StackFrame) {
        var number: Int32 = 0
        if let source = dwfl_module_getsrc(module, call) {
            guard let file = dwfl_lineinfo(source, nil, &number, nil, nil, nil) else { return }
            frame.file = String(cString: file)
        } else {
            guard let line = lineByUnits(module, call), let file = dwarf_linesrc(line, nil, nil) else { return }
            dwarf_lineno(line, &number)
            frame.file = String(cString: file)
        }
        frame.line = number > 0 ? Int(number) : nil
    }

    /// libdw finds the compilation unit by `.debug_aranges`, which clang and swiftc leave out: then each unit is asked.
    private func lineByUnits(_ module: OpaquePointer, _ call: UInt64) -> OpaquePointer? {
        var unit: UnsafeMutablePointer<Dwarf_Die>?
        var bias: Dwarf_Addr = 0
        while let next = dwfl_module_nextcu(module, unit, &bias) {
            if call >= bias, dwarf_haspc(next, call - bias) == 1 { return dwarf_getsrc_die(next, call - bias) }
            unit = next
        }
        return nil
    }

    private func addBuildID(_ module: OpaquePointer, to frame: inout StackFrame) {
        var bytes: UnsafePointer<UInt8>?
        var address: GElf_Addr = 0
        let count = dwfl_module_build_id(module, &bytes, &address)
        guard count > 0, let bytes else { return }
        let digits = Array("0123456789abcdef".utf8)
        frame.buildID = String(
            decoding: (0..<Int(count)).flatMap { [digits[Int(bytes[$0] >> 4)], digits[Int(bytes[$0] & 15)]] },
            as: UTF8.self)
    }

    // MARK: Runtimes

    /// By the beginning of the name of the program or of a library that is mapped.
    private static let runtimes: [(prefix: String, name: String)] = [
        ("libpython", "CPython"), ("python", "CPython"), ("libjvm.so", "Java"), ("node", "Node.js"),
        ("libnode.so", "Node.js"), ("libruby", "Ruby"), ("ruby", "Ruby"), ("libcoreclr.so", ".NET"), ("php", "PHP"),
        ("libphp", "PHP"), ("perl", "Perl"), ("libperl", "Perl"), ("beam.smp", "Erlang"), ("lua", "Lua"),
    ]

    private static func runtime(of pid: Int32) -> String? {
        guard let maps = try? readFile("/proc/\(pid)/maps", limit: 4 << 20) else { return nil }
        var last: ArraySlice<UInt8> = []
        for line in ProcText(maps).lines {
            guard let slash = line.firstIndex(of: UInt8(ascii: "/")) else { continue }
            let path = line[slash...]
            if path.elementsEqual(last) { continue }
            last = path
            guard let name = path.split(separator: UInt8(ascii: "/")).last.map({ String(decoding: $0, as: UTF8.self) })
            else { continue }
            if let found = runtimes.first(where: { name.hasPrefix($0.prefix) }) { return found.name }
        }
        return nil
    }
}
