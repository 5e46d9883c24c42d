"""Rules 8, 9 and 10: what runs out."""

from . import kernel


def ephemeral_ports(stage, healthy, count=95):
    """Open connections to one destination take nearly all of 100 ports."""
    kernel.set_sysctl("net.ipv4.ip_local_port_range", "40000 40099" if not healthy else "30000 50000")
    client = stage.actor("client")
    stage.outward(client, 8080, count, keepalive=True)
    stage.expect_states(ESTABLISHED=count)
    stage.expect(None if healthy else "ephemeral_ports", [client], count=count, destination=8080, range=100)


def descriptors_low(stage, healthy, count=120):
    """The process's own RLIMIT_NOFILE is nearly used up; most of it by sockets."""
    server = stage.actor("server")
    server.listen(8080)
    stage.ports["server"] = 8080
    server.limit_descriptors(16384 if healthy else count + 8)
    stage.inward(server, 8080, count, keepalive=True)
    stage.expect_states(LISTEN=1, ESTABLISHED=count)
    stage.expect(
        None if healthy else "descriptors_low", [server], used=server.descriptors(),
        limit=16384 if healthy else count + 8)


def closed_descriptors(stage, healthy, count=90):
    """Sockets in CLOSED that still hold a descriptor: a third reset by the peer, never connected, bound only.

    No list of connections shows them.
    """
    third = count // 3
    client = stage.actor("client")
    stage.outward(client, 8080, third, keepalive=True)
    if healthy:
        stage.expect_states(ESTABLISHED=third)
        stage.expect(None)
        return
    stage.peer.close("accepted", reset=True)
    stage.expect_states()
    client.make_unconnected(third)
    client.make_unconnected(third, bound=True)
    stage.expect("closed_descriptors", [client], count=3 * third, bound=third)


def conntrack_full(stage, healthy, count=500):
    """The namespace tracks its connections.

    nf_conntrack_max is one for the whole host and can only be read in a namespace: the test lowers the threshold instead.
    """
    client = stage.actor("client")
    if not healthy:
        kernel.run("nft", "add", "rule", "inet", "piles", "input", "ct", "state", "new", "accept")
    stage.outward(client, 8080, count, keepalive=True)
    stage.expect_states(ESTABLISHED=count)
    stage.expect(None if healthy else "conntrack_full", count=count)
