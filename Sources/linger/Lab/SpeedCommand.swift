import ArgumentParser
import Kernel
import Lab
import Sockets

/// For `make bench`.
struct SpeedCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "speed", abstract: "Measures the endpoint in user space against this kernel.", shouldDisplay: false
    )

    @Option(help: "Seconds for each of the three measurements.")
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
        writer.endObject()
        StandardStream.output.write(line: String(decoding: writer.drain(), as: UTF8.self))
    }
}
