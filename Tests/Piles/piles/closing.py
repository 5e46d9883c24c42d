"""Rules 4 and 5: this side sent its FIN, and the answer does not come."""

from . import kernel


def fin_wait_2_held(stage, healthy, count=50):
    """The process shut down its sending half and waits for a peer that does not close: no timer runs."""
    client = stage.actor("client")
    stage.outward(client, 8080, count)
    if healthy:
        client.shut("connected", 1)
        stage.expect_states(ESTABLISHED=count - 1, FIN_WAIT_2=1)
        stage.expect(None)
        return
    client.shut("connected")
    stage.expect_states(FIN_WAIT_2=count)
    stage.expect("fin_wait_2_held", [client], count=count)


def fin_wait_2_orphaned(stage, healthy, count=600):
    """The process closed; the peer does not, and the kernel waits tcp_fin_timeout."""
    client = stage.actor("client")
    stage.outward(client, 8080, count)
    if healthy:
        client.close("connected", 1)
        stage.expect_states(ESTABLISHED=count - 1, FIN_WAIT_2=1)
        stage.expect(None)
        return
    client.close("connected")
    stage.expect_states(FIN_WAIT_2=count)
    stage.expect("fin_wait_2_orphaned", count=count)


def stuck(stage, healthy, count=30):
    """The path dies while both sides close: a third each of FIN_WAIT_1, CLOSING and LAST_ACK."""
    kernel.set_sysctl("net.ipv4.tcp_orphan_retries", 12)
    third = count // 3
    client = stage.actor("client")
    for port, group in ((8001, "first"), (8002, "both"), (8003, "second")):
        stage.outward(client, port, third, group=group, accepted=group)
    if healthy:
        stage.expect_states(ESTABLISHED=3 * third)
        stage.expect(None)
        return
    hold_closing(stage, client, "8001-8003")
    stage.expect_states(FIN_WAIT_1=third, CLOSING=third, LAST_ACK=third)
    retransmitted = lambda: all(row.retries >= 3 for row in kernel.sockets())
    stage.wait_for("each FIN was retransmitted three times", retransmitted)
    stage.expect("closing_stuck", [client], count=3 * third)


def hold_closing(stage, client, ports, already=0):
    """`first` goes to FIN_WAIT_1, `both` to CLOSING, `second` to LAST_ACK. The peers' ends are in groups of the same name.

    Nothing from here arrives there any more. In `both` the process here keeps the socket: it only shuts it down.
    `already` sockets are in CLOSE_WAIT before.
    """
    stage.peer.close("second")
    closed = already + client.count("second")
    stage.wait_for("the peers' FINs came", lambda: stage.states()["CLOSE_WAIT"] == closed, lambda: f"{stage.states()}")
    stage.drop_there(f"tcp dport {ports}")
    client.close("first")
    client.close("second")
    client.shut("both")
    stage.peer.shut("both")

