import Sockets
import TCP

/// What `--so_flags=` says: words and `name=value`, with commas between.
///
///     linux | freebsd | rfc     whose habits (default: linux)
///     mtu=1520
///     settings=FILE             lines `name=value` as sysctl(8) takes them, read whenever the file has grown;
///                               `drop STATE` resets the connections in that state
///     sockets=FILE              the table of sockets is written there whenever it changes
///     local4=ADDRESS, local6=ADDRESS    where connections go out from
struct Flags: Equatable {
    var profile = Configuration.Profile.linux
    var mtu = 1500
    var settingsPath: String?
    var socketsPath: String?
    /// packetdrill's own defaults
    var addresses = [IPAddress(v4: 0xc0a8_0001), IPAddress(v6High: 0xfd3d_0a0b_17d6_0000, low: 1)]
    /// Words that say nothing here.
    var unknown: [String] = []

    init(_ text: String) {
        for word in text.split(separator: ",") {
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            switch (parts[0], parts.count > 1 ? parts[1] : nil) {
            case ("linux", nil): profile = .linux
            case ("freebsd", nil): profile = .freeBSD
            case ("rfc", nil): profile = .rfc
            case ("settings", let path?): settingsPath = path
            case ("sockets", let path?): socketsPath = path
            case ("mtu", let number?) where (68...65_535).contains(Int(number) ?? 0): mtu = Int(number) ?? mtu
            case ("local4", let address?): set(address, .ipv4, word)
            case ("local6", let address?): set(address, .ipv6, word)
            default: unknown.append(String(word))
            }
        }
    }

    private mutating func set(_ text: String, _ family: IPAddress.Family, _ word: Substring) {
        guard let address = IPAddress(text), address.family == family,
            let index = addresses.firstIndex(where: { $0.family == family })
        else { return unknown.append(String(word)) }
        addresses[index] = address
    }
}
