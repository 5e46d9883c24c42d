import Foundation
import Glibc
import Testing

@testable import Clearing

/// Every level in every state, on real sockets whose peers live in another namespace.
@Suite(.serialized) struct StateTests {
    struct Case: Sendable, CustomStringConvertible {
        var level: String
        var family: String
        var description: String { "\(level) IPv\(family)" }
    }

    static let cases = ["shutdown", "destroy", "release", "close"].flatMap { level in
        ["4", "6"].map { Case(level: level, family: $0) }
    }

    static let states = [
        "established", "close-wait", "syn-sent", "syn-recv", "fin-wait-1", "fin-wait-2", "closing", "last-ack",
        "time-wait",
    ]

    /// What may be left of a connection that was acted on, as ss writes it. Nothing: it must be gone.
    static func mayStay(_ level: String, _ state: String) -> Set<String> {
        switch (level, state) {
        // The peers here do not close: what was sent a FIN waits for theirs. Some do not even acknowledge.
        case ("shutdown", "established"), ("release", "established"), ("close", "established"):
            ["FIN-WAIT-1", "FIN-WAIT-2"]
        // Nobody holds it any more; the kernel goes on alone, until it gives up.
        case ("release", "fin-wait-2"), ("close", "fin-wait-2"): ["FIN-WAIT-2"]
        case ("release", "closing"), ("close", "closing"): ["CLOSING"]
        default: []
        }
    }

    @Test("each level does to each state what it promises, and nothing to any other connection", arguments: cases)
    func matrix(one: Case) throws {
        try Pile.with("every-state", count: 52) { pile in
            let pid = pile.ready.netnsPid
            let base = one.family == "4" ? 8000 : 9000
            let ports =
                "( ( sport >= :\(base) and sport < :\(base + 10) ) or ( dport >= :\(base) and dport < :\(base + 10) ) )"
            for state in Self.states {
                let before = try settled(pid)
                let plan = try Clear.run(
                    ["state \(state) and \(ports)", "--by", one.level, "--even-young", "--even-reuse"],
                    inNamespaceOf: pid)
                #expect(!plan.json.applied)
                let unchanged = try SocketRow.all(inNamespaceOf: pid)
                for cookie in plan.json.planned.map(\.cookie) + plan.json.leftAlone.map(\.cookie) {
                    #expect(unchanged[cookie] == before[cookie], "a plan alone changes nothing: \(one) \(state)")
                }
                let links = plan.json.planned.flatMap(\.holders).map { Clear.link($0.pid, $0.fd) }

                let (outcome, json) = try Clear.run(
                    [
                        "state \(state) and \(ports)", "--by", one.level, "--even-young", "--even-reuse", "--yes",
                        "--wait", "0.3",
                    ],
                    inNamespaceOf: pid)
                let after = try SocketRow.all(inNamespaceOf: pid)
                let planned = Set(json.planned.map(\.cookie))
                #expect(planned == Set(plan.json.planned.map(\.cookie)), "\(state): \(outcome)")
                #expect(planned.union(json.leftAlone.map(\.cookie)).count > 0, "\(state): \(outcome)")
                // Nothing else was touched.
                for (cookie, row) in before where !planned.contains(cookie) {
                    #expect(after[cookie] == row, "\(one) \(state)")
                }
                guard !planned.isEmpty else {
                    #expect(outcome.exit == .code(6))
                    continue
                }
                // What was acted on is gone or waits as promised.
                for result in try #require(json.results) {
                    #expect(result.outcome == "acted", "\(state): \(outcome)")
                    let now = after[result.cookie]?.state
                    #expect(
                        now.map { Self.mayStay(one.level, state).contains($0) } ?? true, "\(one) \(state): \(now ?? "")"
                    )
                    #expect((result.end == "gone") == (now == nil || now == "TIME-WAIT"), "\(one) \(state): \(outcome)")
                }
                let isComplete = json.planned.allSatisfy { after[$0.cookie] == nil }
                #expect(outcome.exit == .code(isComplete ? 0 : 5), "\(one) \(state): \(outcome)")
                try expectDescriptors(one.level, json, links)
                if state == "close-wait" || state == "established" {
                    try expectPeers(json, before, inNamespaceOf: pile.ready.pids["peer"] ?? 0)
                }
            }
        }
    }

    /// The sockets, once what the step before set off is over.
    private func settled(_ pid: Int32) throws -> [String: SocketRow] {
        var last = try SocketRow.all(inNamespaceOf: pid)
        while true {
            usleep(50_000)
            let now = try SocketRow.all(inNamespaceOf: pid)
            if now == last { return now }
            last = now
        }
    }

    /// The descriptor stays, stands for another socket, or is closed.
    private func expectDescriptors(_ level: String, _ json: ClearOutput, _ before: [String?]) throws {
        for (holder, link) in zip(json.planned.flatMap(\.holders), before) {
            let now = Clear.link(holder.pid, holder.fd)
            switch level {
            case "release": #expect(now != link && now?.hasPrefix("socket:") == true)
            case "close": #expect(now == nil)
            default: #expect(now == link && now != nil)
            }
        }
    }

    /// The other end: gone by a reset, or brought on by a FIN.
    private func expectPeers(_ json: ClearOutput, _ before: [String: SocketRow], inNamespaceOf pid: Int32) throws {
        let peers = try SocketRow.all(inNamespaceOf: pid).values
        for planned in json.planned {
            let here = try #require(before[planned.cookie])
            // Nothing arrives there: the pile's path is cut for these.
            if here.remote.hasSuffix("003") { continue }
            let peer = peers.first { $0.local == here.remote && $0.remote == here.local }
            switch planned.peerSees {
            case "reset": #expect(peer == nil, "\(here) \(String(describing: peer))")
            case "fin":
                // One that has stopped reading does not take the FIN before it has read.
                #expect(["TIME-WAIT", "CLOSE-WAIT", "ESTAB"].contains(peer?.state ?? "none"), "\(here)")
            default: break
            }
        }
    }
}
