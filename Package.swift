// swift-tools-version: 6.1
import PackageDescription

// The rooms and their arrows are drawn in ARCHITECTURE.md; Tools/check-imports holds the sources to them.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

// Fuzzing (Tools/fuzz) builds the parsers' rooms with coverage and makes the fuzz targets; nothing else sees this.
let isFuzzing = Context.environment["LINGER_FUZZ"] != nil
let fuzzed: [SwiftSetting] = strict + (isFuzzing ? [.unsafeFlags(["-sanitize=fuzzer", "-parse-as-library"])] : [])
// Room Kernel's parsers are internal: a fuzz target sees them as the tests do.
let testable: [SwiftSetting] = isFuzzing ? [.unsafeFlags(["-enable-testing"]), .define("FUZZING")] : []

// A millisecond less to start, of four to five: no 79,000 addresses to relocate; and one library less.
let program: [LinkerSetting] = [
    .unsafeFlags(["-Xclang-linker", "-no-pie", "-Xclang-linker", "-static-libgcc"], .when(configuration: .release))
]

// `make build` makes `linger` without what only the daemon needs, which would make each start slower (decision 12).
let isLight = Context.environment["LINGER_LIGHT"] != nil
let ofDaemon: [Target.Dependency] = [
    "History", "Web",
    .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
    .product(name: "UnixSignals", package: "swift-service-lifecycle"),
    .product(name: "Logging", package: "swift-log"),
]

let package = Package(
    name: "linger",
    products: [
        .executable(name: "linger", targets: ["LingerMain"]),
        .executable(name: "linger-daemon", targets: ["LingerDaemon"]),
        .library(name: "PacketdrillAdapter", type: .dynamic, targets: ["PacketdrillAdapter"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    ],
    targets: [
        // Floor 5: the programs
        .executableTarget(
            name: "LingerMain", dependencies: ["Commands"], swiftSettings: strict, linkerSettings: program),
        .executableTarget(
            name: "LingerDaemon", dependencies: ["Commands"], swiftSettings: strict, linkerSettings: program),
        // Floor 4
        .target(
            name: "Commands",
            dependencies: [
                "TCP", "Sockets", "Diagnosis", "Kernel", "Lab", "Watching", "Clearing", "CNcurses", "CYAML",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ] + (isLight ? [] : ofDaemon),
            exclude: isLight ? ["History", "Serve"] : [],
            swiftSettings: strict + (isLight ? [.define("LIGHT")] : [])),
        // What packetdrill loads (make packetdrill-adapter); nothing of the product uses it.
        .target(
            name: "PacketdrillAdapter", dependencies: ["TCP", "Sockets", "Lab", "CPacketdrill"], swiftSettings: strict),
        // Floor 3
        .target(name: "Clearing", dependencies: ["TCP", "Sockets", "Diagnosis", "Kernel"], swiftSettings: strict),
        .target(name: "Lab", dependencies: ["TCP", "Sockets", "Kernel"], swiftSettings: strict),
        .target(name: "Watching", dependencies: ["TCP", "Sockets"], swiftSettings: strict),
        .target(
            name: "History",
            dependencies: ["TCP", "Sockets", "Diagnosis", .product(name: "GRDB", package: "GRDB.swift")],
            swiftSettings: strict),
        .target(
            name: "Web",
            dependencies: [
                "TCP", "Sockets", "Diagnosis",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict),
        // Floor 2
        .target(
            name: "Kernel", dependencies: ["TCP", "Sockets", "CLinux", "CLibBPF", "CLibDW"],
            // Lifetimes: wire types return the part of a RawSpan that they stand for.
            swiftSettings: fuzzed + testable + [.enableExperimentalFeature("Lifetimes")],
            plugins: ["CompileProbes"]),
        .target(name: "Diagnosis", dependencies: ["TCP", "Sockets"], swiftSettings: strict),
        // Floor 1
        .target(name: "Sockets", dependencies: ["TCP"], swiftSettings: fuzzed),
        // Ground
        .target(name: "TCP", swiftSettings: fuzzed),
        .target(name: "CLinux"),
        .target(name: "CPacketdrill"),
        // The eBPF programs under Probes/ become bytes in Kernel.
        .plugin(name: "CompileProbes", capability: .buildTool(), dependencies: ["EmbedProbe"]),
        .executableTarget(name: "EmbedProbe"),
        .systemLibrary(name: "CNcurses", pkgConfig: "ncursesw", providers: [.apt(["libncurses-dev"])]),
        .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(name: "CLibDW", pkgConfig: "libdw", providers: [.apt(["libdw-dev"])]),
        .systemLibrary(name: "CLibBPF", pkgConfig: "libbpf", providers: [.apt(["libbpf-dev"])]),
        // Tests
        .testTarget(
            name: "LingerTests",
            dependencies: [
                "Commands", "TCP", "Sockets", "Diagnosis", "Kernel", "Lab", "Clearing", "Watching", "History", "Web",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            exclude: ["Golden"], swiftSettings: strict),
        .target(name: "FuzzTargets", dependencies: ["TCP", "Sockets"], path: "Fuzz/Targets", swiftSettings: strict),
        .target(
            name: "KernelFuzzTargets", dependencies: ["TCP", "Sockets", "Kernel"], path: "Fuzz/KernelTargets",
            swiftSettings: strict + testable),
        .target(name: "TCPFuzzTargets", dependencies: ["TCP"], path: "Fuzz/TCPTargets", swiftSettings: strict),
        .testTarget(name: "TCPTests", dependencies: ["TCP", "TCPFuzzTargets"], swiftSettings: strict),
        // Writes a history, to be killed, locked out and starved of space by HistoryTests.
        .executableTarget(
            name: "HistoryChild", dependencies: ["TCP", "Sockets", "History"], path: "Tests/HistoryChild",
            swiftSettings: strict),
        .testTarget(
            name: "HistoryTests", dependencies: ["TCP", "Sockets", "History", "HistoryChild"],
            exclude: ["Schemas"], swiftSettings: strict),
        .testTarget(
            name: "WebTests",
            dependencies: ["TCP", "Sockets", "Diagnosis", "Web", .product(name: "Logging", package: "swift-log")],
            swiftSettings: strict),
        .testTarget(name: "WatchingTests", dependencies: ["TCP", "Sockets", "Watching"], swiftSettings: strict),
        .testTarget(name: "LabTests", dependencies: ["TCP", "Sockets", "Kernel", "Lab"], swiftSettings: strict),
        .testTarget(name: "PacketdrillTests", dependencies: ["CPacketdrill"], swiftSettings: strict),
        .testTarget(
            name: "SocketsTests", dependencies: ["TCP", "Sockets", "FuzzTargets"], swiftSettings: strict),
        .testTarget(
            name: "KernelTests", dependencies: ["TCP", "Sockets", "Kernel", "CLinux", "KernelFuzzTargets"],
            swiftSettings: strict),
        // On the real kernel: they run the program itself.
        .testTarget(
            name: "PileTests", dependencies: ["LingerMain", "LingerDaemon", "Sockets", "Kernel", "Watching"],
            exclude: ["Golden"], swiftSettings: strict),
        .testTarget(
            name: "ClearingTests",
            dependencies: ["LingerMain", "Commands", "TCP", "Sockets", "Diagnosis", "Kernel", "Clearing", "Web"],
            exclude: ["Targets"], swiftSettings: strict),
        .testTarget(name: "DiagnosisTests", dependencies: ["TCP", "Sockets", "Diagnosis"], swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)

if isFuzzing {
    // One line a target: Fuzz/NAME/, its corpus in Fuzz/corpus/.
    let targets: [(name: String, dependencies: [Target.Dependency])] = [
        ("FuzzFilter", ["TCP", "Sockets", "FuzzTargets"]),
        ("FuzzNetlink", ["KernelFuzzTargets"]),
        ("FuzzSegment", ["TCPFuzzTargets"]),
        ("FuzzMachine", ["TCPFuzzTargets"]),
    ]
    for (name, dependencies) in targets {
        package.targets.append(
            .executableTarget(
                name: name, dependencies: dependencies, path: "Fuzz/\(name)",
                swiftSettings: fuzzed,
                linkerSettings: [.unsafeFlags(["-sanitize=fuzzer", "-use-ld=lld"])]))
    }
}
