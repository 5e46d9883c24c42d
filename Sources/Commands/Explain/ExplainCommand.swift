import ArgumentParser
import Diagnosis
import Sockets
import TCP

struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Explains a state of TCP or a kind of finding; without one, lists them all.",
        discussion: """
            EXAMPLES
              linger explain                    all states and kinds of findings
              linger explain CLOSE_WAIT         close-wait and close_wait are the same
              linger explain close_wait_leak    what 'linger doctor' means by it
            """)

    @Argument(
        help: ArgumentHelp("A state in any spelling, or a kind of finding.", valueName: "state-or-kind"),
        completion: .list(State.allCases.map(\.name.description) + Finding.Kind.allCases.map(\.rawValue)))
    var topic: String?

    @OptionGroup var screenOptions: ScreenOptions
    @OptionGroup var languageOptions: LanguageOptions

    func run() throws {
        let messages = languageOptions.messages
        let text = try Self.text(about: topic, screenOptions.screen, messages)
        var output = Output(messages: messages)
        output.buffer.append(string: text)
        try output.flush()
    }

    static func text(about topic: String?, _ screen: Screen, _ messages: Messages) throws(Failure) -> String {
        let phrasebook = Phrasebook(language: messages.language)
        var page = Page(screen: screen)
        switch topic {
        case nil: list(phrasebook, messages, on: &page)
        case let topic?:
            let (title, text) = try explanation(of: topic, phrasebook, messages)
            page.title(title)
            for paragraph in paragraphs(of: text) {
                page.line()
                page.paragraph(paragraph)
            }
        }
        return page.text
    }

    private static func explanation(
        of topic: String, _ phrasebook: Phrasebook, _ messages: Messages
    ) throws(Failure) -> (title: String, text: String) {
        let wanted = String(topic.lowercased().map { $0 == "-" || $0 == " " ? "_" : $0 })
        if let kind = Finding.Kind(rawValue: wanted) {
            return ("\(kind.rawValue): \(phrasebook.title(of: kind))", phrasebook.explain(kind))
        }
        if let state = State.allCases.first(where: { StateSet(named: wanted) == StateSet($0) }) {
            return (state.name.description, phrasebook.explain(state))
        }
        let known = Finding.Kind.allCases.map(\.rawValue) + State.allCases.map(\.key)
        throw Failure(.usage, messages.noTopic(topic, nearest: Suggestion.nearest(to: wanted, among: known)))
    }

    private static func list(_ phrasebook: Phrasebook, _ messages: Messages, on page: inout Page) {
        page.title(messages.statesTitle)
        page.paragraph(State.inOrder.map(\.name.description).joined(separator: ", "), indent: 2)
        page.line()
        page.title(messages.kindsTitle)
        let width = Finding.Kind.allCases.map(\.rawValue.count).max() ?? 0
        for kind in Finding.Kind.allCases {
            let padding = String(repeating: " ", count: width - kind.rawValue.count)
            page.line(kind.rawValue + padding + "  " + phrasebook.title(of: kind), indent: 2)
        }
        page.line()
        page.paragraph(messages.explainHint)
    }

    /// Texts separate paragraphs by empty lines.
    private static func paragraphs(of text: String) -> [String] {
        text.split(separator: "\n", omittingEmptySubsequences: false)
            .split(whereSeparator: \.isEmpty).map { $0.joined(separator: "\n") }
    }
}

extension State {
    /// As a connection goes through them (RFC 9293, section 3.3.2).
    fileprivate static let inOrder: [State] = [
        .closed, .listen, .synSent, .synReceived, .established, .finWait1, .finWait2, .closeWait, .closing, .lastAck,
        .timeWait,
    ]
}
