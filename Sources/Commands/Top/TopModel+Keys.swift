import Diagnosis
import Sockets
import TCP

// What keys do.
extension TopModel {
    mutating func press(_ key: TopKeystroke) -> TopEffect {
        if prompt != nil {
            type(key)
            return .draw
        }
        switch key {
        case .up, .character("k"): move(by: -1)
        case .down, .character("j"): move(by: 1)
        case .pageUp, .character("\u{2}"): move(by: -screenful)
        case .pageDown, .character(" "), .character("\u{6}"): move(by: screenful)
        case .home, .character("g"): move(by: -1_000_000)
        case .end, .character("G"): move(by: 1_000_000)
        case .enter: enter()
        case .character("q"), .escape, .left, .backspace:
            // Esc and ← go back, and never out.
            if !close(), key == .character("q") { return .quit }
        case .character("Q"): return .quit
        case .right: if isTable { enter() }
        case .tab: group(by: grouping.next)
        case .backTab: group(by: grouping.previous)
        case .character("1"): group(by: .process)
        case .character("2"): group(by: .listener)
        case .character("3"): group(by: .remote)
        case .character("p"): togglePause()
        case .character("s"): if isTable { open(.sorting(sortPlace)) }
        case .character("r"): if isTable { reverse() }
        case .character("/"): if isTable { prompt = TopPrompt(text: filter.text, error: nil) }
        case .character("?"), .character("h"): openPage(.help)
        case .character("d"): openPage(.doctor)
        case .character("e"): if let topic = explainedTopic { openPage(.explanation(topic)) }
        case .character("c"): if let commands = selectedCommands { openPage(commands) }
        case .character: break
        }
        return .draw
    }

    private var isTable: Bool { view == table }

    private mutating func openPage(_ topic: TopPage.Topic) {
        // The same page is not opened over itself.
        if case .page(let page) = view, page.topic == topic { return }
        open(.page(TopPage(topic: topic)))
    }

    private mutating func enter() {
        switch view {
        case .groups:
            if let group = selectedGroup { open(.connections(group.key, title: messages.topTitle(of: group))) }
        case .connections:
            guard let connection = selectedConnection, connection.cookie != 0 else { return }
            openPage(.connection(connection.cookie, title: Self.title(of: connection)))
        case .sorting(let place):
            _ = close()
            sort(by: place)
        case .page: break
        }
    }

    static func title(of connection: Connection) -> String {
        TopText.endpoint(connection.local) + " \u{2192} " + TopText.endpoint(connection.remote)
    }

    // MARK: The filter

    private mutating func type(_ key: TopKeystroke) {
        guard var typed = prompt else { return }
        switch key {
        case .enter:
            do {
                choose(try Filter(parsing: typed.text.isEmpty ? [] : [typed.text], resolver: resolver))
                prompt = nil
            } catch {
                typed.error = error
                prompt = typed
            }
            return
        case .escape:
            prompt = nil
            return
        case .backspace:
            if !typed.text.isEmpty { typed.text.removeLast() }
        // Ctrl-U and Ctrl-W, as in a shell.
        case .character("\u{15}"): typed.text = ""
        case .character("\u{17}"):
            while typed.text.last == " " { typed.text.removeLast() }
            while let last = typed.text.last, last != " " { typed.text.removeLast() }
        case .character(let character):
            guard character.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7f }),
                typed.text.utf8.count < Self.longestFilter
            else { break }
            typed.text.append(character)
        default: break
        }
        typed.error = nil
        prompt = typed
    }

    private static var longestFilter: Int { 4096 }

    // MARK: What is selected

    /// The state or kind that the selection's explanation is about.
    private var explainedTopic: String? {
        switch view {
        case .groups:
            guard let group = selectedGroup else { return nil }
            let finding = sample?.findings?.first { $0.processes.contains(group.key) || $0.place == group.rateKey }
            return finding?.kind.rawValue ?? group.worstState?.key
        case .connections: return selectedConnection?.state.key
        case .page(let page):
            guard case .connection(let cookie, _) = page.topic, let sample, let index = sample.index(of: cookie) else {
                return nil
            }
            return sample.connections[index].state.key
        case .sorting: return nil
        }
    }

    private var selectedCommands: TopPage.Topic? {
        guard let sample else { return nil }
        switch view {
        case .groups:
            guard let group = selectedGroup, let filter = TopCommands.filter(for: group, within: filter) else {
                return nil
            }
            let place = group.members.first.map { sample.connections[$0].namespace }
            return .commands(title: group.title, filter: filter, namespace: namespace(place, of: sample))
        case .connections:
            guard let connection = selectedConnection else { return nil }
            return commands(for: connection, sample)
        case .page(let page):
            guard case .connection(let cookie, _) = page.topic, let index = sample.index(of: cookie) else { return nil }
            return commands(for: sample.connections[index], sample)
        case .sorting: return nil
        }
    }

    private func commands(for connection: Connection, _ sample: TopSample) -> TopPage.Topic {
        .commands(
            title: Self.title(of: connection), filter: TopCommands.filter(for: connection),
            namespace: namespace(connection.namespace, of: sample))
    }

    /// For `--netns`: as it was given here, else that of what is selected, unless it is our own.
    private func namespace(_ index: UInt16?, of sample: TopSample) -> String? {
        if let namespace { return namespace }
        guard let index, sample.snapshot.namespaces.indices.contains(Int(index)) else { return nil }
        let place = sample.snapshot.namespaces[Int(index)]
        return place.isOwn ? nil : "net:[\(place.inode)]"
    }
}
