import Foundation
import Lab
import TCP
import Testing

@testable import Commands

@Suite struct ScenarioFileTests {
    @Test func `every kind of step is understood`() throws {
        let text = """
            title: All of it
            kernel: client
            times: yes
            steps:
              - say: A sentence.
              - hide
              - peer: listen
              - kernel: [connect, {send: 100}, receive]
              - together:
                  - kernel: close
                  - peer: close
              - withhold: {from: kernel, segments: ack_of_fin, count: 2}
              - pass
              - segment: {control: [FIN, ack], sequence: -1, acknowledgment: 2, data: 3, window: 4}
              - segment: {control: rst}
              - wait: 0.5
              - kernel: {keepalive: {idle: 2, count: 4}}
              - peer: {user-timeout: 1.5}
              - expect: {kernel: close-wait, peer: FIN_WAIT_2, within: 1}
              - show
            """
        let (scenario, mistakes) = ScenarioFile.parse(text, name: "all.yaml")
        #expect(mistakes.isEmpty)
        let found = try #require(scenario)
        #expect(found.title == "All of it")
        #expect(found.kernelSide == .client)
        #expect(found.showsTimes)
        var segment = RawSegment([.fin, .ack])
        (segment.sequence, segment.acknowledgment, segment.data, segment.window) = (-1, 2, 3, 4)
        var expectation = Expectation(kernel: .closeWait, peer: .finWait2, within: 1_000_000)
        expectation.line = 19
        #expect(
            found.steps == [
                .say("A sentence."), .hide, .call(.peer, .listen), .call(.kernel, .connect), .call(.kernel, .send(100)),
                .call(.kernel, .receive), .together([.call(.kernel, .close), .call(.peer, .close)]),
                .withhold(.ackOfFin, from: .kernel, count: 2), .pass, .segment(segment), .segment(RawSegment(.rst)),
                .wait(500_000), .call(.kernel, .keepAlive(idle: 2, interval: 1, count: 4)),
                .call(.peer, .userTimeout(1_500_000)), .expect(expectation), .show,
            ])
    }

    @Test func `all mistakes are told at once, each with its line and what may have been meant`() {
        let text = """
            titel: x
            kernel: servr
            steps:
              - kernal: listen
              - peer: conect
              - withhold: {from: kernl, segments: finn}
              - expect: {kernel: CLOSED_WAIT}
              - wait: soon
              - segment: {data: 99999}
              - send
            """
        let (scenario, mistakes) = ScenarioFile.parse(text, name: "bad.yaml")
        #expect(scenario == nil)
        #expect(mistakes.map(\.line) == [1, 2, 4, 5, 6, 6, 7, 8, 9, 9, 10])
        for (part, line) in [
            ("there are title, kernel", 1), ("did you mean server?", 2), ("did you mean kernel?", 4),
            ("did you mean connect?", 5), ("did you mean kernel?", 6), ("did you mean fin?", 6),
            ("did you mean CLOSE_WAIT?", 7), ("number of seconds", 8), ("from 0 to 1400", 9), ("needs 'control'", 9),
        ] {
            #expect(mistakes.contains { $0.line == line && $0.what.contains(part) }, "\(part): \(mistakes)")
        }
    }

    @Test(arguments: [
        ("", "a mapping"), ("- a", "a mapping"), ("kernel: server", "'steps' is missing"),
        ("steps: listen", "a list of steps"), ("steps: [{say: a, wait: 1}]", "one key"),
        ("steps: [{kernel: send}]", "needs a number of bytes"), ("steps: [{kernel: {close: 1}}]", "takes no value"),
        ("steps: [{expect: {}}]", "'expect' needs"),
        ("steps: [{withhold: {from: peer}}]", "both 'from' and 'segments'"),
        ("steps: [{together: [{wait: 1}]}]", "calls of 'kernel' and 'peer' only"),
        ("steps: [{pass: 1}]", "takes no value"),
        ("steps: [wait]", "'wait' needs a value"), ("steps: [a, {", "not YAML"),
        ("steps: []\nsteps: []", "given twice"),
        ("steps: [{wait: -1}]", "number of seconds"), ("steps: [{wait: .inf}]", "number of seconds"),
        ("steps: [{wait: .nan}]", "number of seconds"), ("steps: [[kernel]]", "one key"),
    ])
    func `a file that is wrong says what is wrong`(text: String, words: String) {
        let (scenario, mistakes) = ScenarioFile.parse(text, name: "bad.yaml")
        #expect(scenario == nil)
        #expect(mistakes.contains { $0.what.contains(words) }, "\(mistakes)")
    }

    @Test func `the page about the file names everything that can stand in one`() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = try String(contentsOf: root.appending(path: "docs/lab.md"), encoding: .utf8)
        for word in ScenarioFile.documentedWords { #expect(page.contains("`\(word)"), "\(word)") }
    }
}
