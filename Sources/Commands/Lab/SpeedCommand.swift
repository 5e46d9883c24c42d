import ArgumentParser
import Kernel
import Lab
import Sockets

/// For `make bench`.
struct SpeedCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "speed", abstract: "Measures the endpoint in user space, against this kernel and by itself.",
        shouldDisplay: false
    )

    @Option(help: "Seconds for each of the four measurements.")
    var seconds = 2.0

    func run() throws {
        guard (0.01...60).contains(seconds) else { throw Failure(.usage, "--seconds: give a number from 0.01 to 60") }
        let speed: Throughput
        do throws(LabError) {
            speed = try Throughput(for: Int64(seconds * 1_000_000))
        } catch {
            throw Failure(.usage, error.description)
        }
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("from_kernel_bytes_per_second")
        writer.value(speed.fromKernel)
        writer.key("to_kernel_bytes_per_second")
        writer.value(speed.toKernel)
        writer.key("connections_per_second")
        writer.value(speed.connections)
        let machines = MachinePair(for: Int64(seconds * 1_000_000))
        writer.key("machine_segments_per_second")
        writer.value(machines.segments)
        writer.key("machine_bytes")
        writer.value(machines.bytes)
        writer.endObject()
        StandardStream.output.write(line: String(decoding: writer.drain(), as: UTF8.self))
    }
}
