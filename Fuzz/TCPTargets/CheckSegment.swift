import TCP

/// What must hold for the packet codec, whatever the bytes: they are taken for a packet, once as they are and once with
/// the checksums set right, as few changes of a packet keep those.
///
/// - Returns: what does not hold; `nil` if all does.
package func checkSegment(_ bytes: [UInt8]) -> String? {
    var bytes = bytes
    // Each round sets one checksum right: of IPv4, of what it carries.
    for _ in 0..<3 {
        guard let header = try? IPHeader(parsing: bytes.span.bytes) else {
            guard correctIPv4(&bytes) else { return nil }
            continue
        }
        if header.payload.lowerBound < IPHeader.count(header.version) || header.payload.upperBound > bytes.count {
            return "a payload outside of the packet"
        }
        switch header.protocolNumber {
        case IPHeader.tcp:
            do throws(WireError) {
                let packet = try Packet(header, parsing: bytes.span.bytes)
                return check(packet, header)
            } catch {
                guard case .mismatch(let computed, _) = error.problem else { return nil }
                set(computed, at: header.payload.lowerBound + 16, in: &bytes)
            }
        default:
            do throws(WireError) {
                let message = try ICMPError(header, parsing: bytes.span.bytes)
                return message.endpoints.version == header.version ? nil : "two versions in one message"
            } catch {
                guard case .mismatch(let computed, _) = error.problem else { return nil }
                set(computed, at: header.payload.lowerBound + 2, in: &bytes)
            }
        }
    }
    return "a checksum that stays wrong when it is set right"
}

/// - Returns: whether the header's checksum was what was wrong.
private func correctIPv4(_ bytes: inout [UInt8]) -> Bool {
    do throws(WireError) {
        _ = try IPHeader(parsing: bytes.span.bytes)
        return false
    } catch {
        guard case .mismatch(let computed, _) = error.problem else { return false }
        set(computed, at: 10, in: &bytes)
        return true
    }
}

private func set(_ value: UInt16, at offset: Int, in bytes: inout [UInt8]) {
    bytes[offset] = UInt8(value >> 8)
    bytes[offset + 1] = UInt8(value & 0xff)
}

/// A packet that was read can be written, and reads the same again.
private func check(_ packet: Packet, _ header: IPHeader) -> String? {
    let payload = packet.payload(header)
    if !header.payload.contains(payload.lowerBound - 20) || payload.count != packet.segment.payloadCount {
        return "a payload outside of the segment"
    }
    for order in OptionOrder.allCases {
        let optionCount = packet.segment.options.count(order)
        if optionCount % 4 != 0 { return "options that do not fill words" }
        var written = [UInt8](repeating: 0xaa, count: packet.headerCount(order) + payload.count)
        do throws(WireError) {
            var span = written.mutableSpan
            var target = span.mutableBytes
            let count = try packet.encode(into: &target, order: order)
            if count != written.count { return "\(count) bytes were written where \(written.count) were announced" }
        } catch {
            // Laid out in another way, they may need more than there is. The IPv4 header has options no longer.
            if error.field == .options, optionCount > Options.limit { continue }
            if error.field == .payload, packet.segment.payloadCount > 65_000 { continue }
            return "cannot be written: \(error)"
        }
        guard let again = try? Packet(parsing: written.span.bytes) else {
            return "what was written cannot be read"
        }
        if again != packet { return "reads differently when it was written: \(packet) \(again)" }
        if again.segment.options.isMalformed != packet.segment.options.isMalformed { return "mended by writing" }
        for length in [20, written.count / 2, written.count - 1] where length < written.count {
            if (try? Packet(parsing: written.span.bytes.extracting(0..<length))) != nil {
                return "a packet that is cut short is read"
            }
        }
    }
    return nil
}
