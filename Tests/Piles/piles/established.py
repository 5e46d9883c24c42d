"""Rules 7 and 8: connections that are open."""

from . import kernel


def peer_unresponsive(stage, healthy, count=25):
    """Data went out, and the peer, or the path to it, is gone: the timer backs off."""
    client = stage.actor("client")
    stage.outward(client, 8080, count, keepalive=True)
    if healthy:
        client.send("connected")
        stage.wait_for("all is acknowledged", lambda: all(row.send_queue == 0 for row in kernel.sockets()))
        stage.expect_states(ESTABLISHED=count)
        stage.expect(None)
        return
    stage.drop_there("tcp dport 8080")
    client.send("connected")
    stage.expect_states(ESTABLISHED=count)
    stage.wait_for("data was sent four times again", lambda: all(row.retries >= 4 for row in kernel.sockets()))
    stage.expect("peer_unresponsive", [client], count=count, destination=8080)


def zero_window(stage, healthy, count=25):
    """The peer does not read: its window is closed, and this side only probes it."""
    client = stage.actor("client")
    stage.outward(client, 8080, count, keepalive=True)
    if healthy:
        client.send("connected")
        stage.peer.receive("accepted")
        stage.expect_states(ESTABLISHED=count)
        stage.expect(None)
        return
    client.fill("connected")
    stage.expect_states(ESTABLISHED=count)
    # Each probe is answered, so it is no retry: the timer alone tells.
    stage.wait_for("each window is probed", lambda: all(row.timer == 4 for row in kernel.sockets()))
    stage.expect("zero_window", [client], count=count, destination=8080)


def idle_without_keepalive(stage, healthy, count=120):
    """Nothing moves, and nothing would tell that the peer is gone; the neighbour asked for keepalives."""
    server = stage.actor("server")
    server.listen(8080)
    stage.ports["server"] = 8080
    stage.inward(server, 8080, count, keepalive=healthy)
    stage.expect_states(LISTEN=1, ESTABLISHED=count)
    stage.expect(None if healthy else "idle_without_keepalive", [server], count=count)


def many(stage, healthy, count=3000):
    """Nothing is wrong with any of them but their number."""
    server = stage.actor("server")
    server.listen(8080)
    stage.ports["server"] = 8080
    if healthy:
        count = 20
    stage.inward(server, 8080, count, keepalive=True)
    stage.expect_states(LISTEN=1, ESTABLISHED=count)
    stage.expect(None if healthy else "many_connections", [server], count=count)
