"""Processes that own sockets and do what the pile tells them, one step at a time."""

import json
import os
import resource
import socket
import traceback

from . import holders, kernel

PATIENCE = 20  # seconds that a call to the kernel may take before the pile gives up with an error
FAMILIES = {"4": socket.AF_INET, "6": socket.AF_INET6, "mapped": socket.AF_INET6}


class Actor:
    """Owns groups of sockets, by name. Runs in a process of its own; `Proxy` is its other end."""

    def __init__(self):
        self.groups = {}

    def make(self, family):
        made = socket.socket(FAMILIES[family], socket.SOCK_STREAM)
        made.settimeout(PATIENCE)
        return made

    def new_namespace(self):
        kernel.new_network_namespace()

    def run(self, *command, stdin=None):
        return kernel.run(*command, stdin=stdin)

    def limit_descriptors(self, limit):
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))

    def open_all_kinds(self, count):
        self.groups["all kinds"] = holders.open_all_kinds(count)

    def open_files(self, count):
        self.groups["files"] = [os.open("/dev/null", os.O_RDONLY) for _ in range(count)]

    def thread_with_own_table(self, port):
        holders.start_thread_with_own_table(lambda: self.listen(port, group="thread"))

    def listen(self, port, group="listener", family="4", address=None):
        listener = self.make(family)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == "6":
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((address or ("0.0.0.0" if family == "4" else "::"), port))
        listener.listen(4096)
        self.groups.setdefault(group, []).append(listener)

    def accept(self, count):
        for _ in range(count):
            accepted, _ = self.groups["listener"][0].accept()
            self.groups.setdefault("accepted", []).append(accepted)

    def connect(self, address, port, count):
        for _ in range(count):
            connected = self.make("4")
            connected.connect((address, port))
            self.groups.setdefault("connected", []).append(connected)


class Proxy:
    """The pile's end of an actor: each method call is one step, done when it returns."""

    def __init__(self, name):
        self.name = name
        parent = os.getpid()
        commands_in, self.commands = os.pipe()
        self.replies, replies_out = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                kernel.die_with_parent(parent)
                kernel.set_name(name)
                serve(Actor(), commands_in, replies_out)
            except BaseException:
                traceback.print_exc()
            os._exit(0)
        os.close(commands_in)
        os.close(replies_out)
        self.replies = os.fdopen(self.replies, "r")

    def __getattr__(self, method):
        def step(*arguments, **options):
            os.write(self.commands, (json.dumps([method, arguments, options]) + "\n").encode())
            reply = self.replies.readline()
            if not reply:
                raise RuntimeError(f"{self.name} ended during {method}")
            result, error = json.loads(reply)
            if error:
                raise RuntimeError(f"{self.name} failed in {method}: {error}")
            return result

        return step


def serve(actor, commands, replies):
    """Keeps stderr and the two pipes, so that the process has no descriptors but its own."""
    os.dup2(commands, 0)
    os.dup2(replies, 1)
    os.closerange(3, 4096)
    for line in os.fdopen(0, "r"):
        method, arguments, options = json.loads(line)
        try:
            reply = [getattr(actor, method)(*arguments, **options), None]
        except Exception as error:
            reply = [None, f"{type(error).__name__}: {error}"]
        os.write(1, (json.dumps(reply) + "\n").encode())
