"""Rule 1: the peers closed, and the application here does not."""


def leak(stage, healthy, count=200):
    """A server that closes some connections and forgets others; half of the forgotten have bytes that nobody read."""
    server = stage.actor("server")
    server.listen(6800)
    stage.ports["server"] = 6800
    stage.inward(server, 6800, count)
    stage.peer.send("connected", count // 2)
    if healthy:
        server.receive("accepted", count // 2)
        stage.peer.close("connected", count // 2)
        server.close("accepted", count // 2)
        stage.expect_states(LISTEN=1, ESTABLISHED=count - count // 2)
        stage.expect(None)
    else:
        stage.peer.close("connected")
        stage.expect_states(LISTEN=1, CLOSE_WAIT=count)
        stage.expect("close_wait_leak", [server], count=count, unread=count // 2)
        stage.on_tick = lambda: visitor(stage, server, 6800)


def shared(stage, healthy, count=3):
    """Two processes of one server on port 6800 share the listener and every connection over fork."""
    server = stage.actor("oracle")
    server.listen(6800)
    stage.ports["server"] = 6800
    stage.inward(server, 6800, count)
    worker = server.fork("oracle")
    stage.extra_pids["worker"] = worker
    if healthy:
        stage.expect_states(LISTEN=1, ESTABLISHED=count)
        stage.expect(None)
    else:
        stage.peer.close("connected")
        stage.expect_states(LISTEN=1, CLOSE_WAIT=count)
        stage.expect("close_wait_leak", [server, worker], count=count, shared=True)


def pool(stage, healthy, count=5):
    """A client's pool: the peer gave up some idle connections, others to the same destination live."""
    client = stage.actor("client")
    stage.outward(client, 5432, count)
    if healthy:
        stage.expect_states(ESTABLISHED=count)
        stage.expect(None)
    else:
        stage.peer.close("accepted", count - 2)
        stage.expect_states(ESTABLISHED=2, CLOSE_WAIT=count - 2)
        stage.expect("close_wait_pool", [client], count=count - 2)


def visitor(stage, server, port):
    """One client that comes and is closed properly, by the server first: it is never in CLOSE_WAIT here."""
    stage.inward(server, port, 1, group="visitor", accepted="visitor")
    server.close("visitor")
    stage.peer.close("visitor")
