"""Rule 3: connections that this side closed first."""

from . import kernel


def close_first(stage, client, port, count):
    """The peer closes only when it has acknowledged our FIN: a late segment would be answered by an RST, which ends
    TIME_WAIT before its time (RFC 1337)."""
    stage.outward(client, port, count)
    client.close("connected")
    stage.wait_for("the FINs are acknowledged", lambda: stage.states()["FIN_WAIT_2"] == count)
    stage.peer.close("accepted")


def ports(stage, healthy, count=95):
    """TIME_WAIT eats a range of 100 ports towards one destination; without reuse they are gone for a minute."""
    kernel.set_sysctl("net.ipv4.ip_local_port_range", "40000 40099" if not healthy else "30000 50000")
    kernel.set_sysctl("net.ipv4.tcp_tw_reuse", 0)
    client = stage.actor("client")
    close_first(stage, client, 8080, count)
    stage.expect_states(TIME_WAIT=count)
    stage.expect(None if healthy else "time_wait_ports", count=count, destination=8080, range=100)


def buckets(stage, healthy, count=150):
    """More closes than tcp_max_tw_buckets allows: the kernel drops the state and counts it."""
    limit = count * 2 // 3
    client = stage.actor("client")
    if healthy:
        close_first(stage, client, 8080, count)
        stage.expect_states(TIME_WAIT=count)
        stage.expect(None)
        return
    kernel.set_sysctl("net.ipv4.tcp_max_tw_buckets", limit)
    close_first(stage, client, 8080, limit)
    stage.outward(client, 8080, count - limit)
    client.close("connected")
    stage.wait_for("overflows are counted", lambda: kernel.counters()["TCPTimeWaitOverflow"] > 0)
    stage.expect_states(TIME_WAIT=limit)
    stage.expect("time_wait_buckets", count=limit, limit=limit)


def normal(stage, healthy, count=1500):
    """Many, far from every limit: it looks alarming and is not."""
    if healthy:
        count = 5
    client = stage.actor("client")
    close_first(stage, client, 8080, count)
    stage.expect_states(TIME_WAIT=count)
    stage.expect(None if healthy else "time_wait_normal", count=count)
