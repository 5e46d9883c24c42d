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


class Stage:
    """`here` is the namespace that is looked at. `peer` is the actor in the other one."""

    def __init__(self):
        self.actors = []
        self.states = {}

    def __enter__(self):
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        kernel.adopt_grandchildren()
        kernel.new_network_namespace()
        try:
            self.peer = self.add(Proxy("peer"))
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
        """A veth pair between both namespaces."""
        kernel.run("ip", "link", "add", "veth0", "type", "veth", "peer", "name", "veth0", "netns", str(self.peer.pid))
        for run, own, other in ((kernel.run, HERE, THERE), (self.peer.run, THERE, HERE)):
            run("ip", "link", "set", "lo", "up")
            run("ip", "address", "add", own["4"] + "/24", "dev", "veth0")
            run("ip", "address", "add", own["6"] + "/64", "dev", "veth0", "nodad")
            run("ip", "link", "set", "veth0", "up")
        # Until the kernel has noticed that the link is up it loses what is sent, and a lost SYN makes the RTO 3 s.
        for run in (kernel.run, self.peer.run):
            self.wait_for("veth0 is up", lambda: "state UP" in run("ip", "link", "show", "veth0"))

    def actor(self, name):
        return self.add(Proxy(name))

    def address_here(self, family):
        return HERE[family]

    def inward(self, server, port, count):
        """The peer connects to a server here, which accepts."""
        for some in chunks(count):
            self.peer.connect(HERE["4"], port, some)
            server.accept(some)

    def wait_for(self, what, holds, found=lambda: ""):
        deadline = time.monotonic() + PATIENCE
        while not holds():
            if time.monotonic() > deadline:
                raise RuntimeError(f"after {PATIENCE} seconds still not so: {what}. {found()}")
            time.sleep(0.02)

    def expect_states(self, **wanted):
        """Waits until the namespace has exactly these sockets, and promises them."""
        seen = lambda: collections.Counter(row.state for row in kernel.sockets())
        self.wait_for(f"states {wanted}", lambda: seen() == wanted, lambda: f"There are {dict(seen())}")
        self.states = {state.lower(): count for state, count in wanted.items()}

    def description(self):
        return {
            "netns_pid": os.getpid(), "netns_inode": kernel.namespace_inode(),
            "peer_netns_inode": kernel.namespace_inode(self.peer.pid),
            "processes": [{"role": actor.name, "name": actor.name, "pid": actor.pid} for actor in self.actors],
            "states": self.states, "finding": None,
        }


def chunks(count, size=64):
    """Few enough at once for any accept queue."""
    while count > 0:
        yield min(size, count)
        count -= size
