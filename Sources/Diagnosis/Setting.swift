package import Sockets

/// A kernel setting (sysctl) and the value to give it.
package struct Setting: Sendable, Hashable {
    /// As sysctl(8) writes it: `net.core.somaxconn`.
    package let name: String
    /// Numbers, with one space between where there are several.
    package let value: String

    package init(_ name: String, _ value: some CustomStringConvertible) {
        self.name = name
        self.value = value.description
    }

    /// Until the next boot.
    var command: String {
        value.contains(" ") ? "sysctl -w \(name)='\(value)'" : "sysctl -w \(name)=\(value)"
    }

    /// The same where it has to act; `nil` for the host.
    package func command(in namespace: NetworkNamespace?) -> String {
        namespace.map { Shell.inside($0, command) } ?? command
    }

    /// From now on: in a file of its own, which is read at each boot.
    var lastingCommand: String {
        let file = "/etc/sysctl.d/90-\(name.split(separator: ".").last ?? "linger").conf"
        return "echo '\(name) = \(value)' > \(file) && sysctl -p \(file)"
    }
}
