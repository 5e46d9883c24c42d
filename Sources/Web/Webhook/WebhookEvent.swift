/// Something that a webhook is told: one JSON object, sent as it is.
package struct WebhookEvent: Sendable, Hashable {
    package enum Kind: String, Sendable, CaseIterable {
        /// Something piles up.
        case finding
        /// A policy did something, would have done it (dry run), held back, or switched itself off.
        case action
        /// What piled up is gone.
        case recovery
    }

    package var kind: Kind
    /// JSON.
    package var body: [UInt8]

    package init(_ kind: Kind, body: [UInt8]) {
        self.kind = kind
        self.body = body
    }
}
