internal import Foundation

/// Where events are sent, and which.
package struct WebhookTarget: Sendable, Hashable {
    /// http or https, with a host.
    package let url: String
    /// Signs what is sent; `nil`: nothing is signed.
    package var secret: [UInt8]?
    package var events: Set<WebhookEvent.Kind>

    /// `nil` where the URL is none that can be sent to: another scheme, no host, a name and password in it.
    package init?(url: String, secret: [UInt8]? = nil, events: Set<WebhookEvent.Kind> = Set(WebhookEvent.Kind.allCases))
    {
        guard let parts = URLComponents(string: url), let scheme = parts.scheme?.lowercased(),
            ["http", "https"].contains(scheme), let host = parts.host, !host.isEmpty, parts.user == nil,
            parts.password == nil, parts.fragment == nil
        else { return nil }
        self.url = url
        self.secret = secret
        self.events = events
    }

    /// For the log: path and query may hold what lets somebody in.
    package var place: String {
        guard let parts = URLComponents(string: url), let scheme = parts.scheme, let host = parts.host else {
            return ""
        }
        return "\(scheme)://\(host)" + (parts.port.map { ":\($0)" } ?? "")
    }
}
