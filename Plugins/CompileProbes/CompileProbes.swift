import Foundation
import PackagePlugin

/// Compiles the eBPF programs under Probes/ and turns each into a Swift file that holds its bytes.
///
/// The compiler is a clang with the bpf target: the Swift toolchain's own, or what LINGER_CLANG names.
@main
struct CompileProbes: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        let probes = context.package.directoryURL.appending(path: "Probes")
        let names = ["sockets", "descriptors", "transitions", "destroy"]
        let clang = try findClang()
        let embed = try context.tool(named: "EmbedProbe").url
        let headers = ["ahead.h", "kernel.h", "opening.h", "records.h", "young.h"].map { probes.appending(path: $0) }

        return names.map { name in
            let source = probes.appending(path: "\(name).bpf.c")
            let swift = context.pluginWorkDirectoryURL.appending(path: "Probe+\(name).swift")
            return .buildCommand(
                displayName: "Compiling eBPF program \(name)",
                executable: embed,
                // The object file stands beside the Swift file and is no output of its own: SwiftPM would bundle it.
                arguments: [
                    name, swift.path, clang.path,
                    "-O2", "-g", "-Wall", "-Werror", "-target", "bpf", "-mcpu=v3",
                    "-D__TARGET_ARCH_\(kernelMachine)",
                    "-I", "/usr/include/\(machine)-linux-gnu", "-I", probes.path, "-c", source.path,
                ],
                inputFiles: [source] + headers,
                outputFiles: [swift])
        }
    }

    private var machine: String {
        #if arch(arm64)
            "aarch64"
        #else
            "x86_64"
        #endif
    }

    /// As libbpf's headers and the kernel call it.
    private var kernelMachine: String { machine == "aarch64" ? "arm64" : "x86" }

    private func findClang() throws -> URL {
        let environment = ProcessInfo.processInfo.environment
        let folders = (environment["PATH"] ?? "").split(separator: ":").map(String.init)
        let candidates = [environment["LINGER_CLANG"]].compactMap { $0 } + folders.map { "\($0)/clang" }
        for path in candidates where FileManager.default.isExecutableFile(atPath: path) {
            return URL(filePath: path)
        }
        throw MissingCompiler()
    }
}

struct MissingCompiler: Error, CustomStringConvertible {
    var description: String {
        """
        no clang found to compile the eBPF programs under Probes/: put the Swift toolchain's bin folder into PATH, \
        or set LINGER_CLANG to a clang that has the bpf target
        """
    }
}
