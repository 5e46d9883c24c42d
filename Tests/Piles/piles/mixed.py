"""Not a pile of one kind: what lists and recordings are tested on."""

from . import kernel
from .closing import hold_closing


def every_state(stage, healthy, count=3000):
    """Sockets in every state that the kernel has, with filled queues, over IPv4 and IPv6; nothing moves any more."""
    kernel.set_sysctl("net.ipv4.tcp_orphan_retries", 14)
    kernel.set_sysctl("net.ipv4.tcp_synack_retries", 8)
    server = stage.actor("server")
    client = stage.actor("client")
    each = max(count // 26, 1)
    for index, family in enumerate(("4", "6")):
        # Of each: 5 in ESTABLISHED (unread, unsent, unanswered, unaccepted, idle), 3 in CLOSE_WAIT, 2 in FIN_WAIT_2,
        # and one in TIME_WAIT, SYN_RCVD and SYN_SENT.
        base = 8000 + 1000 * index
        server.listen(base, family=family)
        server.listen(base + 1, group="stalled", family=family)
        stage.inward(server, base, 2 * each, family=family, index=index, group=f"open {family}", accepted=f"open {family}")
        stage.peer.send(f"open {family}", each)
        stage.peer.connect(stage.address_here(family), base + 1, each, group=f"wait {family}", family=family)
        stage.peer.connect(stage.address_here(family), base + 1, each, group=f"gone {family}", family=family)
        stage.peer.send(f"gone {family}", each // 2)
        stage.peer.close(f"gone {family}")
        stage.inward(server, base, 2 * each, family=family, index=index, group=f"left {family}", accepted=f"left {family}")
        stage.peer.send(f"left {family}", each)
        stage.peer.close(f"left {family}")
        for group in ("held", "orphaned", "time-wait", "first", "both", "second", "unanswered"):
            port = base + 3 if group in ("first", "both", "second", "unanswered") else base + 2
            into = group if port == base + 3 else f"{group} {family}"
            stage.outward(client, port, each, family=family, group=into, accepted=into)
        stage.outward(client, base + 2, 5, family=family, group="full", accepted="full")
        client.shut(f"held {family}")
        client.close(f"orphaned {family}")
        client.close(f"time-wait {family}")
        stage.wait_for("the FINs are acknowledged", lambda: stage.states()["FIN_WAIT_2"] == (3 + 2 * index) * each)
        stage.peer.close(f"time-wait {family}")
        stage.drop_there(f"tcp dport {base + 4}")
        client.connect(stage.address_there(family), base + 4, each, group="unheard", family=family, wait=False)
        server.listen(base + 5, group="handshakes", family=family)
        stage.drop_there(f"tcp dport {base + 5} tcp flags & (syn|ack) == ack", chain="output")
        stage.peer.connect(stage.address_here(family), base + 5, each, group="handshakes", family=family)
    client.fill("full")
    hold_closing(stage, client, "{8003,9003}", already=2 * 3 * each)
    client.send("unanswered")
    stage.expect_states(
        LISTEN=6, ESTABLISHED=2 * (4 * each + 5), CLOSE_WAIT=2 * 3 * each, FIN_WAIT_2=2 * 2 * each, TIME_WAIT=2 * each,
        SYN_SENT=2 * each, SYN_RCVD=2 * each, FIN_WAIT_1=2 * each, CLOSING=2 * each, LAST_ACK=2 * each)
    stage.expect(None, server=server.pid, client=client.pid, each=each)


def churn(stage, healthy, count=500):
    """Connections come and go all the time; `victim` has `count` more and can be killed in the middle."""
    server = stage.actor("server")
    server.listen(8080)
    stage.ports["server"] = 8080
    victim = stage.actor("victim")
    stage.outward(victim, 9090, count)
    stage.expect_states(LISTEN=1, ESTABLISHED=count)
    stage.expect(None)

    def come_and_go():
        stage.inward(server, 8080, 50, group="visitor", accepted="visitor")
        stage.peer.close("visitor")
        server.close("visitor")

    stage.on_tick = come_and_go
