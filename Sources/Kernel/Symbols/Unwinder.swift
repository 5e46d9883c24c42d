internal import CLibDW
internal import Glibc
internal import Sockets

/// Finds the callers that frame pointers pass over: the C library's part of a system call has none, so who called it is
/// missing, and programs that were compiled without have no others. Call frame information says exactly where a function's
/// return address stands from the stack pointer (`.eh_frame`; DWARF 5, 6.4); the kernel handed out the top of the stack.
///
/// On x86-64; on other processors the frames stay as they came. To be used on one thread.
final class Unwinder {
    private var processes: [ProcessIdentity: MappedFiles] = [:]
    private var files: [MappedFiles.File: CallFrames?] = [:]

    private static let mostProcesses = 256
    private static let mostFiles = 64
    private static let mostFrames = 16

    /// - Parameters:
    ///   - frames: where the system call returns to, then return addresses by frame pointers.
    ///   - stack: the frame pointer, the stack pointer, and the words that stand there, 0 where one could not be read.
    /// - Returns: those that are known for sure, and the others behind them.
    func complete(_ frames: [UInt64], _ stack: [UInt64], of process: ProcessIdentity) -> [UInt64] {
        // Of a process that is gone nothing more is known.
        guard CallFrames.isKnownProcessor, stack.count > 2, let first = frames.first,
            mapping(first, of: process) != nil
        else { return frames }
        let words = stack.dropFirst(2)
        var found = [first]
        // Behind the frames that were found.
        var top = words.startIndex
        while found.count < Self.mostFrames, let last = found.last {
            // The first is where it goes on; the others stand behind a call, and belong to it.
            let address = found.count == 1 ? last : last &- 1
            guard let size = frameSize(at: address, of: process), size <= words.endIndex - top else { break }
            let next = words[top + size - 1]
            // The stack may have been written meanwhile, or could not be read.
            guard isReturnAddress(next, of: process) else { break }
            top += size
            found.append(next)
        }
        let pointed = frames.dropFirst().prefix { isReturnAddress($0, of: process) }
        if let known = pointed.lastIndex(where: found.contains) { return found + pointed[(known + 1)...] }
        // A frame pointer that does not point above them is used for something else, and led nowhere.
        let (framePointer, stackPointer) = (stack[0], stack[1])
        let isAbove = framePointer &- stackPointer >= UInt64(top - words.startIndex) * 8 && framePointer > stackPointer
        return found.count == 1 || isAbove ? found + pointed : found
    }

    /// Words from the stack pointer to behind the return address; `nil` where that is not known.
    private func frameSize(at address: UInt64, of process: ProcessIdentity) -> Int? {
        guard let mapping = mapping(address, of: process), let file = mapping.file else { return nil }
        if files[file] == nil {
            if files.count >= Self.mostFiles { files.removeAll() }
            files[file] = .some(CallFrames(file, of: process.pid))
        }
        return files[file]??.size(at: address - mapping.start + mapping.offset)
    }

    /// It stands behind a call, in code.
    private func isReturnAddress(_ address: UInt64, of process: ProcessIdentity) -> Bool {
        address != 0 && mapping(address - 1, of: process) != nil
    }

    private func mapping(_ address: UInt64, of process: ProcessIdentity) -> MappedFiles.Mapping? {
        if processes[process] == nil, processes.count >= Self.mostProcesses { processes.removeAll() }
        return processes[process, default: MappedFiles(process.pid)].code(at: address)
    }
}

/// The code that is mapped into a process, by the files that it is from (proc_pid_maps(5)).
struct MappedFiles {
    /// The file itself, whatever its path means to others.
    struct File: Hashable {
        var device: String
        var inode: UInt64
        var path: String
    }

    struct Mapping {
        var start, end, offset: UInt64
        /// `nil` for code that was compiled while it ran, and for a file that is gone.
        var file: File?
    }

    private let pid: Int32
    private var mappings: [Mapping]
    private var refreshes = 0

    private static let mostRefreshes = 8

    /// Empty where the process is gone or may not be looked into.
    init(_ pid: Int32) {
        self.pid = pid
        mappings = Self.read(pid)
    }

    mutating func code(at address: UInt64) -> Mapping? {
        if let found = find(address) { return found }
        // It may have been mapped since.
        guard refreshes < Self.mostRefreshes else { return nil }
        refreshes += 1
        mappings = Self.read(pid)
        return find(address)
    }

    /// They are in the order of their addresses.
    private func find(_ address: UInt64) -> Mapping? {
        var (low, high) = (0, mappings.count)
        while low < high {
            let middle = (low + high) / 2
            if mappings[middle].end <= address { low = middle + 1 } else { high = middle }
        }
        return low < mappings.count && mappings[low].start <= address ? mappings[low] : nil
    }

    /// `START-END PERMISSIONS OFFSET DEVICE INODE PATH`, the last for some; what can be run.
    private static func read(_ pid: Int32) -> [Mapping] {
        guard let bytes = try? readFile("/proc/\(pid)/maps", limit: 4 << 20) else { return [] }
        return ProcText(bytes).lines.compactMap { line in
            let words = line.split(separator: UInt8(ascii: " "), maxSplits: 5)
            guard words.count >= 5, words[1].dropFirst(2).first == UInt8(ascii: "x") else { return nil }
            let ends = words[0].split(separator: UInt8(ascii: "-")).compactMap(hexadecimal)
            guard ends.count == 2, let offset = hexadecimal(words[2]) else { return nil }
            return Mapping(start: ends[0], end: ends[1], offset: offset, file: file(words))
        }
    }

    private static func file(_ words: [ArraySlice<UInt8>]) -> File? {
        guard words.count == 6, let inode: UInt64 = ProcText.integer(words[4]), inode != 0 else { return nil }
        let path = String(decoding: words[5].drop { $0 == UInt8(ascii: " ") }, as: UTF8.self)
        guard !path.hasSuffix(" (deleted)") else { return nil }
        return File(device: String(decoding: words[3], as: UTF8.self), inode: inode, path: path)
    }

    private static func hexadecimal(_ digits: ArraySlice<UInt8>) -> UInt64? {
        UInt64(String(decoding: digits, as: UTF8.self), radix: 16)
    }
}

/// The call frame information of one file. It is kept open, so that no other can get its inode meanwhile.
private final class CallFrames {
    private let opened: FileDescriptor
    private let elf: OpaquePointer
    private let information: OpaquePointer
    /// By place in the file; `nil` for what is not known.
    private var sizes: [UInt64: Int?] = [:]

    private static let mostSizes = 4096
    /// DWARF's number of the stack pointer (System V ABI, AMD64 supplement, figure 3.36).
    private static let stackPointer: UInt64 = 7

    static var isKnownProcessor: Bool {
        #if arch(x86_64)
            true
        #else
            false
        #endif
    }

    init?(_ file: MappedFiles.File, of pid: Int32) {
        guard let raw = ProcessFiles(pid).open(file.path) else { return nil }
        let opened = FileDescriptor(owning: raw)
        elf_version(UInt32(EV_CURRENT))
        guard let elf = elf_begin(opened.raw, ELF_C_READ_MMAP, nil) else { return nil }
        guard let information = dwarf_getcfi_elf(elf) else {
            elf_end(elf)
            return nil
        }
        self.opened = opened
        self.elf = elf
        self.information = information
    }

    deinit {
        dwarf_cfi_end(information)
        elf_end(elf)
    }

    /// Words from the stack pointer to behind the return address, for code at this place in the file.
    func size(at offset: UInt64) -> Int? {
        if let known = sizes[offset] { return known }
        if sizes.count >= Self.mostSizes { sizes.removeAll() }
        let size = address(of: offset).flatMap(read)
        sizes[offset] = .some(size)
        return size
    }

    /// In the file's own addresses, by the segment that it is loaded with.
    private func address(of offset: UInt64) -> UInt64? {
        var count = 0
        guard elf_getphdrnum(elf, &count) == 0 else { return nil }
        for index in 0..<count {
            var segment = GElf_Phdr()
            guard gelf_getphdr(elf, Int32(index), &segment) != nil, segment.p_type == UInt32(PT_LOAD) else { continue }
            if segment.p_offset <= offset, offset - segment.p_offset < segment.p_filesz {
                return offset - segment.p_offset &+ segment.p_vaddr
            }
        }
        return nil
    }

    private func read(_ address: UInt64) -> Int? {
        var found: OpaquePointer?
        guard dwarf_cfi_addrframe(information, address, &found) == 0, let frame = found else { return nil }
        defer { free(UnsafeMutableRawPointer(frame)) }
        var isSignal = false
        let returnAddress = dwarf_frame_info(frame, nil, nil, &isSignal)
        guard returnAddress >= 0, !isSignal else { return nil }
        var operations: UnsafeMutablePointer<Dwarf_Op>?
        var count = 0
        // The caller's stack pointer is ours and so much.
        guard dwarf_frame_cfa(frame, &operations, &count) == 0, count == 1, let base = operations?.pointee,
            base.atom == UInt8(DW_OP_bregx), base.number == Self.stackPointer
        else { return nil }
        let size = Int64(bitPattern: base.number2)
        // The return address is the word before.
        var memory = (Dwarf_Op(), Dwarf_Op(), Dwarf_Op())
        let isBefore = withUnsafeMutablePointer(to: &memory) { memory in
            memory.withMemoryRebound(to: Dwarf_Op.self, capacity: 3) { memory in
                dwarf_frame_register(frame, returnAddress, memory, &operations, &count) == 0 && count == 2
                    && operations?[0].atom == UInt8(DW_OP_call_frame_cfa)
                    && operations?[1].atom == UInt8(DW_OP_plus_uconst)
                    && operations.map { Int64(bitPattern: $0[1].number) } == -8
            }
        }
        guard isBefore, size > 0, size % 8 == 0, size < 1 << 20 else { return nil }
        return Int(size / 8)
    }
}
