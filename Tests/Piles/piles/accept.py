"""Rule 2: the listener does not call accept. What waits in its queue has no descriptor yet."""

from . import kernel


def stalled(stage, healthy, count=40):
    """Half of those who wait have given up already: CLOSE_WAIT that no process can close."""
    server = stage.actor("server")
    server.listen(8080, backlog=128)
    stage.ports["server"] = 8080
    if healthy:
        stage.inward(server, 8080, count)
        stage.expect_states(LISTEN=1, ESTABLISHED=count)
        stage.expect(None)
        return
    stage.peer.connect(stage.address_here(), 8080, count)
    stage.peer.close("connected", count // 2)
    stage.expect_states(LISTEN=1, ESTABLISHED=count - count // 2, CLOSE_WAIT=count // 2)
    stage.expect("accept_stalled", [server], count=count, listener=8080)


def queue_full(stage, healthy, count=17):
    """More clients than the backlog holds: the kernel drops, and counts it. A backlog of n lets n + 1 wait."""
    server = stage.actor("server")
    server.listen(8080, backlog=count - 1)
    stage.ports["server"] = 8080
    if healthy:
        stage.inward(server, 8080, count - 1)
        stage.expect_states(LISTEN=1, ESTABLISHED=count - 1)
        stage.expect(None)
        return
    stage.peer.connect(stage.address_here(), 8080, count)
    stage.expect_states(LISTEN=1, ESTABLISHED=count)
    before = kernel.counters()["ListenOverflows"]
    stage.peer.connect(stage.address_here(), 8080, count, group="late", wait=False)
    stage.wait_for("overflows are counted", lambda: kernel.counters()["ListenOverflows"] >= before + count)
    stage.expect("accept_queue_full", [server], count=count, listener=8080, backlog=count - 1)

    def another():
        stage.peer.connect(stage.address_here(), 8080, 1, group="later", wait=False)
        stage.peer.close("later")

    stage.on_tick = another
