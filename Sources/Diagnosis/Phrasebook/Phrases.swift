import Sockets

/// A text in every language that Linger speaks.
///
/// `{name}` stands for a fact of the finding or for what `Placeholders` has. A part in `[…]` is left out when something
/// in it is not known, so that no sentence has a hole.
struct Phrase: Sendable {
    let en: String
    let zh: String

    subscript(_ language: Language) -> String {
        switch language {
        case .en: en
        case .zh: zh
        }
    }
}

/// All that is said about one kind of finding.
struct KindPhrases: Sendable {
    let kind: Finding.Kind
    /// A few words, for headings.
    let title: Phrase
    /// One sentence with names and numbers.
    let headline: Phrase
    let causes: [CauseKey: Phrase]
    /// `linger explain KIND`: paragraphs, separated by empty lines.
    let explanation: Phrase
    /// The remedies that first appear here.
    let remedies: [RemedyKey: RemedyPhrases]
}

/// What to do, and what can go wrong by it.
struct RemedyPhrases: Sendable {
    let text: Phrase
    let risk: Phrase
}
