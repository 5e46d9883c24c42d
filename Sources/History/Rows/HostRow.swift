/// One boot of one host: process numbers, start ticks and cookies mean something only within it.
package struct HostRow: Sendable, Hashable {
    /// `uname -n`
    package var name: String
    /// `/proc/sys/kernel/random/boot_id`
    package var boot: String
    /// `uname -r`
    package var kernel: String

    package init(name: String, boot: String, kernel: String) {
        self.name = name
        self.boot = boot
        self.kernel = kernel
    }
}
