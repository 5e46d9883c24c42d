internal import Glibc

/// The program that this process runs (execve(2)).
package enum ProgramImage {
    /// Where a program that belongs to this one is looked for, in this order: beside it, then in the libexec folder of
    /// its prefix.
    package static func folders(of name: String) -> [String] {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let length = readlink("/proc/self/exe", &buffer, buffer.count)
        guard length > 0 else { return [] }
        let path = String(decoding: buffer[..<length], as: UTF8.self)
        guard let slash = path.lastIndex(of: "/") else { return [] }
        let own = String(path[..<slash])
        let prefix = own.lastIndex(of: "/").map { String(own[..<$0]) } ?? ""
        return [own, prefix + "/libexec/linger"]
    }

    /// Goes on as the other program, with the same arguments and descriptors. Returns where there is no such program.
    package static func replace(withNeighbour name: String) throws(KernelError) {
        for folder in folders(of: name) {
            let path = folder + "/" + name
            guard access(path, X_OK) == 0 else { continue }
            var arguments: [UnsafeMutablePointer<CChar>?] = CommandLine.arguments.map { strdup($0) }
            arguments.append(nil)
            defer { for argument in arguments { free(argument) } }
            execv(path, arguments)
            throw .system("execv", path)
        }
    }
}
