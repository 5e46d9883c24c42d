"""Rule 6: connections that do not come to be."""

import time

from . import kernel


def syn_flood(stage, healthy, count=512):
    """SYNs from addresses that nobody has: the queue is full, and cookies are sent. IPv4 only.

    They come at 200 a second, so that most of the queue is always older than the first repetition of the SYN+ACK.
    """
    server = stage.actor("server")
    server.listen(8080, backlog=count)
    stage.ports["server"] = 8080
    if healthy:
        stage.inward(server, 8080, count)
        stage.peer.send_syns(stage.address_here("4"), 8080, 2)
        stage.expect_states(LISTEN=1, ESTABLISHED=count, SYN_RCVD=2)
        stage.expect(None)
        return
    stage.on_tick = lambda: stage.peer.send_syns(stage.address_here("4"), 8080, 20)
    while kernel.counters()["SyncookiesSent"] == 0:
        stage.tick()
        time.sleep(0.1)
    stage.expect_states(LISTEN=1, SYN_RCVD=count + 1)
    stage.expect("syn_flood", [server], count=count + 1, listener=8080)


def stuck(stage, healthy, count=20):
    """The third segment of real clients is lost on its way."""
    kernel.set_sysctl("net.ipv4.tcp_synack_retries", 8)
    server = stage.actor("server")
    server.listen(8080, backlog=1024)
    stage.ports["server"] = 8080
    if healthy:
        stage.inward(server, 8080, count)
        stage.expect_states(LISTEN=1, ESTABLISHED=count)
        stage.expect(None)
        return
    stage.drop_there("tcp dport 8080 tcp flags & (syn|ack) == ack", chain="output")
    stage.peer.connect(stage.address_here(), 8080, count)
    stage.expect_states(LISTEN=1, SYN_RCVD=count)
    stage.wait_for("each SYN+ACK was sent again", lambda: repeated("SYN_RCVD"))
    stage.expect("handshake_stuck", [server], count=count, listener=8080)


def connect_unanswered(stage, healthy, count=10):
    """A firewall on the way swallows every SYN."""
    client = stage.actor("client")
    if healthy:
        stage.outward(client, 8080, count)
        stage.expect_states(ESTABLISHED=count)
        stage.expect(None)
        return
    stage.drop_there("tcp dport 8080")
    client.connect(stage.address_there(), 8080, count, wait=False)
    stage.expect_states(SYN_SENT=count)
    stage.wait_for("each SYN was sent again", lambda: repeated("SYN_SENT"))
    stage.expect("connect_unanswered", [client], count=count, destination=8080)


def repeated(state):
    return all(row.retries >= 1 for row in kernel.sockets() if row.state == state)
