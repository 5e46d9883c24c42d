"""Two network namespaces, the actors in them, and what the pile promises about itself."""

import collections
import os
import resource
import signal
import time

from . import kernel
from .actor import PATIENCE, Proxy

HERE = {"4": "10.77.0.1", "6": "fd77::1", "mapped": "::ffff:10.77.0.1"}
THERE = {"4": "10.77.0.2", "6": "fd77::2", "mapped": "::ffff:10.77.0.2"}

RULES = """
table inet piles {
    chain input { type filter hook input priority 0; policy accept; }
    chain output { type filter hook output priority 0; policy accept; }
}
"""


class Stage:
    """`here` is the namespace that is looked at. `peer` is the actor in the other one."""

    def __init__(self, family, protocol):
        self.family = family
        self.protocol = protocol
        self.actors = []
        self.extra_pids = {}
        self.ports = {}
        self.expected = {}
        self.on_tick = lambda: None

    def __enter__(self):
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        kernel.adopt_grandchildren()
        kernel.new_network_namespace()
        try:
            self.peer = self.add(Proxy("peer", self.family, self.protocol))
            self.peer.new_namespace()
            self.join()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *error):
        for actor in self.actors:
            os.kill(actor.pid, signal.SIGKILL)
            os.close(actor.commands)
        try:
            while True:
                os.waitpid(-1, 0)
        except ChildProcessError:
            pass  # none is left, and with them both namespaces go

    def add(self, actor):
        self.actors.append(actor)
        return actor

    def join(self):
        """A veth pair between both namespaces; addresses of 10.79.0.0/16 lead there and to nobody."""
        kernel.run("ip", "link", "add", "veth0", "type", "veth", "peer", "name", "veth0", "netns", str(self.peer.pid))
        for run, own, other in ((kernel.run, HERE, THERE), (self.peer.run, THERE, HERE)):
            run("ip", "link", "set", "lo", "up")
            run("ip", "address", "add", own["4"] + "/24", "dev", "veth0")
            run("ip", "address", "add", own["6"] + "/64", "dev", "veth0", "nodad")
            run("ip", "link", "set", "veth0", "up")
            run("nft", "-f", "-", stdin=RULES)
        kernel.run("ip", "route", "add", "10.79.0.0/16", "via", THERE["4"])
        # Until the kernel has noticed that the link is up it loses what is sent, and a lost SYN makes the RTO 3 s.
        for run in (kernel.run, self.peer.run):
            self.wait_for("veth0 is up", lambda: "state UP" in run("ip", "link", "show", "veth0"))

    def actor(self, name, there=False):
        return self.add(Proxy(name, self.family, self.protocol, self.peer.pid if there else None))

    def address_here(self, family=None):
        return HERE[family or self.family]

    def address_there(self, family=None):
        return THERE[family or self.family]

    def drop_there(self, rule, chain="input"):
        """Withholds segments in the other namespace: `tcp dport 80`. Nothing is to be seen of it here."""
        self.peer.run("nft", "add", "rule", "inet", "piles", chain, *rule.split(), "drop")

    def inward(self, server, port, count, family=None, group="connected", accepted="accepted", **accept):
        """The peer connects to a server here, which accepts."""
        for some in chunks(count):
            self.peer.connect(self.address_here(family), port, some, group=group, family=family)
            server.accept(some, group=accepted, **accept)

    def outward(self, client, port, count, family=None, group="connected", accepted="accepted", **connect):
        """A client here connects to the peer, which accepts. The listeners of the peer are made as they are needed."""
        listener = f"listener {family or self.family} {port}"
        if listener not in self.ports:
            self.peer.listen(port, group=listener, family=family)
            self.ports[listener] = port
        for some in chunks(count):
            client.connect(self.address_there(family), port, some, group=group, family=family, **connect)
            self.peer.accept(some, group=accepted, listener=listener)

    def states(self):
        """How many sockets are in which state; of MPTCP the connections, not their subflows."""
        if self.protocol == "tcp":
            return collections.Counter(row.state for row in kernel.sockets())
        lines = kernel.run("ss", "--mptcp", "--all", "--numeric", "--no-header").splitlines()
        return collections.Counter(kernel.SS_STATES[line.split()[0]] for line in lines)

    def wait_for(self, what, holds, found=lambda: ""):
        deadline = time.monotonic() + PATIENCE
        while not holds():
            if time.monotonic() > deadline:
                raise RuntimeError(f"after {PATIENCE} seconds still not so: {what}. {found()}")
            time.sleep(0.02)

    def expect_states(self, **wanted):
        """Waits until the namespace has exactly these sockets, and promises them."""
        wanted = {state: count for state, count in wanted.items() if count}
        self.wait_for(f"states {wanted}", lambda: self.states() == wanted, lambda: f"There are {dict(self.states())}")
        self.expected["states"] = wanted

    def expect(self, kind, processes=(), **facts):
        """The one finding that belongs to this pile; `None` for the healthy neighbour."""
        pids = [process if isinstance(process, int) else process.pid for process in processes]
        self.expected.update({"kind": kind, "pids": pids, **facts})

    def tick(self):
        """What goes on while the pile stands, ten times a second."""
        self.on_tick()

    def description(self):
        pids = {actor.name: actor.pid for actor in self.actors} | self.extra_pids
        ports = {name: port for name, port in self.ports.items() if " " not in name}
        return {
            "netns_pid": os.getpid(), "netns_inode": kernel.namespace_inode(),
            "peer_netns_inode": kernel.namespace_inode(self.peer.pid), "pids": pids, "ports": ports,
            "expected": self.expected,
        }


def chunks(count, size=64):
    """Few enough at once for any accept queue."""
    while count > 0:
        yield min(size, count)
        count -= size
