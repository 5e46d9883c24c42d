// swift-tools-version: 6.1
import PackageDescription

// The rooms and their arrows are drawn in ARCHITECTURE.md; Tools/check-imports holds the sources to them.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let package = Package(
    name: "linger",
    products: [.executable(name: "linger", targets: ["linger"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // Floor 4
        .executableTarget(
            name: "linger",
            dependencies: [
                "TCP", "Sockets", "Diagnosis", "Kernel",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: strict),
        // Floor 2
        .target(name: "Kernel", dependencies: ["TCP", "Sockets", "CLinux", "CLibBPF"], swiftSettings: strict),
        .target(name: "Diagnosis", dependencies: ["TCP", "Sockets"], swiftSettings: strict),
        // Floor 1
        .target(name: "Sockets", dependencies: ["TCP"], swiftSettings: strict),
        // Ground
        .target(name: "TCP", swiftSettings: strict),
        .target(name: "CLinux"),
        .systemLibrary(name: "CLibBPF", pkgConfig: "libbpf", providers: [.apt(["libbpf-dev"])]),
        // Tests
        .testTarget(name: "DiagnosisTests", dependencies: ["Diagnosis", "Sockets", "TCP"], swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
