internal import Crypto
internal import Foundation

/// Proves to a receiver that a message is ours and when it was sent: HMAC-SHA256 (RFC 2104) over the time, a dot, and the
/// body, in hexadecimal. docs/policies.md tells how it is verified.
package enum WebhookSignature {
    /// - Parameter time: seconds since 1970, as in the header `Linger-Timestamp`.
    /// - Returns: `v1=` and 64 digits, the header `Linger-Signature`.
    package static func text(of body: [UInt8], at time: Int64, secret: [UInt8]) -> String {
        var code = HMAC<SHA256>(key: SymmetricKey(data: secret))
        code.update(data: Array("\(time).".utf8))
        code.update(data: body)
        return "v1=" + code.finalize().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
