// ss's HOST SYNTAX: [FAMILY:]ADDRESS[/PREFIX][:PORT].

extension FilterParser {
    /// `10.0.0.1`, `10.0.0.0/8:443`, `193.233.7/24`, `[::1]:443`, `2001:db8::/32`, `*:443`, `:443`, `example.org:https`.
    mutating func host(_ value: String) throws(FilterSyntaxError) -> HostPattern {
        let (family, rest) = try splitFamily(value)
        var (address, portText) = try split(rest)
        if address == "*" { address = "" }

        var pattern = HostPattern(family: family, port: nil)
        if !portText.isEmpty { pattern.port = try port(portText) }
        if address.isEmpty || ["any", "all", "default"].contains(address) { return pattern }

        if let prefix = try Self.prefix(address) {
            if let family, family != prefix.address.family { throw fail(.badValue(value, .host)) }
            pattern.prefixes = [AddressPrefix(prefix.address, length: prefix.length)]
            return pattern
        }
        // "2001:db8::1": the last group was taken for a port.
        if IPAddress(rest) != nil { throw fail(.bracketsMissing(rest)) }
        if address.contains("/") || address.contains(":") { throw fail(.badValue(value, .host)) }
        let found = resolver.host(address).filter { family == nil || $0.family == family }
        guard !found.isEmpty else { throw fail(.unknownHost(address)) }
        pattern.prefixes = found.map { AddressPrefix($0, length: 128) }
        return pattern
    }

    /// `:443`, `443`, `:https`, `0x1bb`, `:*`.
    mutating func port(
        _ side: FilterCondition.Side, _ comparison: Comparison, _ value: String
    ) throws(FilterSyntaxError) -> FilterCondition {
        let (family, rest) = try splitFamily(value)
        let text = rest.hasPrefix(":") ? String(rest.dropFirst()) : rest
        guard let number = try port(text) else {
            guard comparison == .equal else { throw fail(.badValue(value, .port)) }
            return .host(side, HostPattern(family: family), negated: false)
        }
        return .port(side, NumberTest(comparison, UInt64(number)), family: family)
    }

    /// `nil` for every port.
    private func port(_ text: String) throws(FilterSyntaxError) -> UInt16? {
        if text.isEmpty || text == "*" { return nil }
        do {
            return UInt16(try parseNumber(text, upTo: UInt64(UInt16.max)))
        } catch {
            if error == .form, let port = resolver.service(text) { return port }
            if error == .form, text.first?.isNumber != true { throw fail(.unknownService(text)) }
            throw fault(error, text, .port, largest: UInt64(UInt16.max))
        }
    }

    private mutating func splitFamily(_ value: String) throws(FilterSyntaxError) -> (IPAddress.Family?, String) {
        for other in ["unix", "link", "netlink", "vsock", "tipc", "xdp"] where value.hasPrefix(other + ":") {
            throw fail(.otherFamily(other))
        }
        for (name, family) in [("inet:", IPAddress.Family.ipv4), ("inet6:", .ipv6)] where value.hasPrefix(name) {
            restrict(to: family)
            return (family, String(value.dropFirst(name.count)))
        }
        return (nil, value)
    }

    /// The address with its prefix length, and the port without its colon.
    private func split(_ text: String) throws(FilterSyntaxError) -> (address: String, port: String) {
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { throw fail(.badValue(text, .host)) }
            var address = String(text[text.index(after: text.startIndex)..<end])
            var rest = text[text.index(after: end)...]
            if rest.hasPrefix("/") {
                let length = rest.prefix { $0 != ":" }
                address += length
                rest = rest[length.endIndex...]
            }
            guard rest.isEmpty || rest.hasPrefix(":"), !address.isEmpty else { throw fail(.badValue(text, .host)) }
            return (address, String(rest.dropFirst()))
        }
        if text.hasPrefix("*") {
            let rest = text.dropFirst()
            return ("*", String(rest.hasPrefix(":") ? rest.dropFirst() : rest))
        }
        let tail = text[(text.firstIndex(of: "/") ?? text.startIndex)...]
        guard let colon = tail.lastIndex(of: ":") else { return (text, "") }
        return (String(text[..<colon]), String(text[text.index(after: colon)...]))
    }

    /// `nil` where it is no address, but may be a name.
    private static func prefix(_ text: String) throws(FilterSyntaxError) -> (address: IPAddress, length: Int)? {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let address: IPAddress
        if parts[0].contains(":") {
            guard let full = IPAddress(String(parts[0])), full.family == .ipv6 else { return nil }
            address = full
        } else {
            guard let bits = shortIPv4(parts[0]) else { return nil }
            address = IPAddress(v4: bits)
        }
        let width: UInt64 = address.family == .ipv4 ? 32 : 128
        guard parts.count > 1 else { return (address, Int(width)) }
        if let length = try? parseNumber(parts[1], upTo: width) { return (address, Int(length)) }
        // A netmask, 255.255.0.0: ones, then zeros.
        guard address.family == .ipv4, parts[1].contains("."), let mask = shortIPv4(parts[1]), ~mask & (~mask &+ 1) == 0
        else { return nil }
        return (address, mask.nonzeroBitCount)
    }

    /// One to four numbers in C's manner, missing ones are zero **at the end**: `193.233.7` is 193.233.7.0, as in ss and
    /// unlike `inet_aton`.
    private static func shortIPv4(_ text: Substring) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 4 else { return nil }
        var bits: UInt32 = 0
        for part in parts {
            guard let number = try? parseNumber(part, upTo: 255) else { return nil }
            bits = bits << 8 | UInt32(number)
        }
        return bits << UInt32(8 * (4 - parts.count))
    }
}
