/// A language that texts for people are written in. Keys, kinds and JSON are never translated.
package enum Language: String, CaseIterable, Sendable {
    case en, zh
}
