import Sockets
import TCP
import Testing

@testable import Clearing

@Suite struct RestartTests {
    @Test("a service is restarted by its manager, a container by a person")
    func commands() {
        var target = Target(pid: 7, startTicks: 1, command: "app", unit: "app.service")
        #expect(target.restartCommand == ["systemctl", "restart", "--", "app.service"])
        target.unitUser = 1000
        #expect(target.restartCommand?.suffix(5) == ["systemctl", "--user", "restart", "--", "app.service"])
        target.container = Container(runtime: .docker, id: "0123456789abcdef0123")
        #expect(target.restartCommand == nil)
        #expect(target.containerCommand == "docker restart 0123456789ab")
        target = Target(pid: 7, startTicks: 1, command: "app", unit: "session-3.scope")
        #expect(target.restartCommand == nil)
        for (unit, isPlanned) in [("app.service", true), ("session-3.scope", false)] {
            let plan = PlannerTests.plan(
                [PlannerTests.connection(.closeWait)], unit: unit, ClearRequest(level: .restart))
            #expect(plan.items.count == (isPlanned ? 1 : 0))
            #expect(plan.left.map(\.reason) == (isPlanned ? [] : [.obstacle(.noUnit)]))
        }
    }
}
