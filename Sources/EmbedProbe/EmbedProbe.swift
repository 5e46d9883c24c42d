import Foundation

/// Compiles an eBPF program and writes a Swift file that holds the object's bytes:
/// `EmbedProbe NAME OUTPUT CLANG ARGUMENTS…`. A tool of the build, not of the product.
@main
struct EmbedProbe {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count > 4 else {
            print("usage: EmbedProbe NAME OUTPUT CLANG ARGUMENTS...")
            exit(2)
        }
        let name = arguments[1]
        let object = arguments[2] + ".o"
        let clang = Process()
        clang.executableURL = URL(filePath: arguments[3])
        clang.arguments = arguments[4...] + ["-o", object]
        try clang.run()
        clang.waitUntilExit()
        guard clang.terminationStatus == 0 else {
            print(
                "error: \(arguments[3]) could not compile Probes/\(name).bpf.c (exit \(clang.terminationStatus)); it needs the bpf target and Debian's libbpf-dev"
            )
            exit(1)
        }
        try write(Data(contentsOf: URL(filePath: object)), as: name, to: URL(filePath: arguments[2]))
    }

    private static func write(_ bytes: Data, as name: String, to output: URL) throws {
        // Words, not bytes: an eighth of the literals for the compiler to check.
        let words = stride(from: 0, to: bytes.count, by: 8).map { start in
            (0..<8).reduce(UInt64(0)) { word, offset in
                let index = bytes.startIndex + start + offset
                return word | (index < bytes.endIndex ? UInt64(bytes[index]) : 0) << UInt64(8 * offset)
            }
        }
        let source = """
            // Written by the build from Probes/\(name).bpf.c.
            extension Probe {
                static let \(name) = Probe(name: "\(name)", size: \(bytes.count), words: \(name)Words)
                private static let \(name)Words: [UInt64] = [
                    \(words.map { "0x" + String($0, radix: 16) }.joined(separator: ","))
                ]
            }

            """
        try Data(source.utf8).write(to: output)
    }
}
