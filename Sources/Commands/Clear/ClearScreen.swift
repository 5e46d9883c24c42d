import Clearing
import Sockets
import TCP

/// The plan and its result, for people.
struct ClearScreen {
    let messages: ClearMessages
    let screen: Screen

    func text(_ plan: borrowing ClearPlan) -> String {
        var page = Page(screen: screen)
        if !plan.items.isEmpty {
            let headline = messages.headline(plan.items.count, plan.targets.count)
            page.headline(headline.tag, headline.text, style: .yellow)
            for (level, items) in Dictionary(grouping: plan.items, by: \.level).sorted(by: { $0.key < $1.key }) {
                page.item("-", messages.levelLine(level, items.count, states(items)), indent: 2)
                page.paragraph(messages.explain(level), indent: 4)
            }
            for (sign, items) in Dictionary(grouping: plan.items, by: \.sign).sorted(by: {
                $0.key.rawValue < $1.key.rawValue
            }) {
                page.item("-", messages.peers(sign, items.count), indent: 2)
            }
            let kept = plan.items.lazy.filter(\.level.keepsDescriptor).map(\.descriptors.count).reduce(0, +)
            if kept > 0 { page.item("-", messages.staysOpen(kept), indent: 2) }
            writeProcesses(plan, on: &page)
        }
        if !plan.left.isEmpty {
            page.title(messages.leftTitle, indent: 2)
            for (reason, some) in Dictionary(grouping: plan.left, by: \.reason).sorted(by: { $0.key.key < $1.key.key })
            {
                page.item("-", messages.left(some.count, reason), indent: 4)
            }
        }
        return page.text
    }

    private func states(_ items: [ClearItem]) -> String {
        Dictionary(grouping: items, by: \.connection.state).sorted { $0.value.count > $1.value.count }
            .map { "\($0.value.count) \($0.key.name)" }.joined(separator: ", ")
    }

    private func writeProcesses(_ plan: borrowing ClearPlan, on page: inout Page) {
        var descriptors: [Int: [Int32]] = [:]
        for item in plan.items {
            for holder in item.descriptors { descriptors[holder.target, default: []].append(holder.descriptor) }
        }
        guard !descriptors.isEmpty else { return }
        let restarts = plan.items.contains { $0.level == .restart }
        page.title(messages.processesTitle, indent: 2)
        for (place, target) in plan.targets.enumerated() {
            page.item("-", messages.process(target, (descriptors[place] ?? []).sorted()), indent: 4)
            if restarts, let command = target.restartCommand {
                page.item("", messages.restart(command.joined(separator: " ")), indent: 6)
            }
        }
    }

    private static let shownResults = 20

    func text(_ report: ClearReport) -> String {
        var page = Page(screen: screen)
        let cleared = report.results.count(where: \.isCleared)
        let headline = messages.outcome(cleared, report.results.count, report.isComplete)
        page.headline(headline.tag, headline.text, style: report.isComplete ? .green : .red)
        let others = report.results.filter { !$0.isCleared || $0.outcome != .acted }
        for result in others.prefix(Self.shownResults) {
            let connection = result.item.connection
            page.item(
                "-",
                "\(connection.local) → \(connection.remote) (\(connection.state.name)): \(messages.result(result))",
                indent: 2)
        }
        if others.count > Self.shownResults {
            page.line(messages.moreResults(others.count - Self.shownResults), indent: 2)
        }
        let held = report.results.flatMap(\.stillHeld)
        for (place, some) in Dictionary(grouping: held, by: \.target).sorted(by: { $0.key < $1.key }) {
            page.item("-", messages.stillOpen(report.targets[place], some.count), indent: 2)
        }
        return page.text
    }
}
