// swift-tools-version:6.0
import PackageDescription

let package = Package(
    name: "personr",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "Personr", targets: ["Personr"]),
        .library(name: "PersonrFoundation", targets: ["PersonrFoundation"]),
    ],
    targets: [
        // The installed library: its flags come from personr.pc (PKG_CONFIG_PATH), its declarations from personr.h.
        .systemLibrary(name: "CPersonr", pkgConfig: "personr"),
        .target(name: "Personr", dependencies: ["CPersonr"]),
        // Apart, so that a program without Foundation stays one.
        .target(name: "PersonrFoundation", dependencies: ["Personr"]),
        .executableTarget(name: "Applicant", dependencies: ["Personr"], path: "Examples/Applicant"),
        // A process of its own for the tests.
        .executableTarget(name: "OtherProcess", dependencies: ["Personr"], path: "Tests/OtherProcess"),
        .testTarget(
            name: "PersonrTests",
            dependencies: ["CPersonr", "Personr", "PersonrFoundation", "OtherProcess", "Applicant"]),
    ]
)
