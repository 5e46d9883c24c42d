"""Processes that own sockets and do what the pile tells them, one step at a time."""

import json
import os
import random
import resource
import select
import socket
import struct
import traceback

from . import holders, kernel

PATIENCE = 20  # seconds that a call to the kernel may take before the pile gives up with an error
FAMILIES = {"4": socket.AF_INET, "6": socket.AF_INET6, "mapped": socket.AF_INET6}
IPPROTO_MPTCP = 262  # linux/in.h


class Actor:
    """Owns groups of sockets, by name. Runs in a process of its own; `Proxy` is its other end."""

    def __init__(self, family, protocol):
        self.family = family
        self.protocol = IPPROTO_MPTCP if protocol == "mptcp" else 0
        self.groups = {}

    def make(self, family=None):
        made = socket.socket(FAMILIES[family or self.family], socket.SOCK_STREAM, self.protocol)
        made.settimeout(PATIENCE)
        return made

    def pick(self, group, count):
        """The first `count` sockets of the group; all of them without a count."""
        members = self.groups.get(group, [])
        if count is not None and count > len(members):
            raise ValueError(f"{count} sockets wanted, {group} has {len(members)}")
        return members if count is None else members[:count]

    def count(self, group):
        return len(self.groups.get(group, []))

    def new_namespace(self):
        kernel.new_network_namespace()

    def run(self, *command, stdin=None):
        return kernel.run(*command, stdin=stdin)

    def set_sysctl(self, name, value):
        kernel.set_sysctl(name, value)

    def limit_descriptors(self, limit):
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))

    def descriptors(self):
        return len(os.listdir("/proc/self/fd"))

    def open_all_kinds(self, count):
        self.groups["all kinds"] = holders.open_all_kinds(count)

    def open_files(self, count):
        self.groups["files"] = [os.open("/dev/null", os.O_RDONLY) for _ in range(count)]

    def thread_with_own_table(self, port):
        holders.start_thread_with_own_table(lambda: self.listen(port, group="thread"))

    def listen(self, port, backlog=4096, group="listener", family=None, address=None, receive_buffer=None):
        family = family or self.family
        listener = self.make(family)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == "6":
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if receive_buffer:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        listener.bind((address or ("0.0.0.0" if family == "4" else "::"), port))
        listener.listen(backlog)
        self.groups.setdefault(group, []).append(listener)

    def accept(self, count, group="accepted", listener="listener", index=0, keepalive=False):
        for _ in range(count):
            accepted, _ = self.groups[listener][index].accept()
            accepted.settimeout(PATIENCE)
            if keepalive:
                accepted.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            self.groups.setdefault(group, []).append(accepted)

    def connect(
        self, address, port, count, group="connected", family=None, keepalive=False, wait=True, send_buffer=None
    ):
        for _ in range(count):
            connected = self.make(family)
            if keepalive:
                connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            if send_buffer:
                connected.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)
            if wait:
                connected.connect((address, port))
            else:
                connected.setblocking(False)
                try:
                    connected.connect((address, port))
                except BlockingIOError:
                    pass
            self.groups.setdefault(group, []).append(connected)

    def make_unconnected(self, count, bound=False, group="unconnected"):
        for _ in range(count):
            made = self.make()
            if bound:
                made.bind(("0.0.0.0" if self.family == "4" else "::", 0))
            self.groups.setdefault(group, []).append(made)

    def close(self, group, count=None, reset=False):
        """With `reset` the peer gets an RST (SO_LINGER of 0 seconds, socket(7))."""
        closing = self.pick(group, count)
        for one in closing:
            if reset:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            one.close()
        self.groups[group] = self.groups.get(group, [])[len(closing):]

    def shut(self, group, count=None):
        """Closes the sending half: the FIN goes out, the socket stays."""
        for one in self.pick(group, count):
            one.shutdown(socket.SHUT_WR)

    def move(self, group, count, to):
        moved = list(self.pick(group, count))
        self.groups[group] = self.groups[group][count:]
        self.groups.setdefault(to, []).extend(moved)

    def send(self, group, count=None, size=100):
        for one in self.pick(group, count):
            one.sendall(b"x" * size)

    def receive(self, group, count=None, size=100):
        for one in self.pick(group, count):
            one.recv(size)

    def fill(self, group, count=None):
        """Sends until the kernel takes no more."""
        for one in self.pick(group, count):
            one.setblocking(False)
            try:
                while one.send(b"x" * 65536):
                    pass
            except BlockingIOError:
                pass

    def fork(self, name):
        """A child that shares every socket over fork, and only waits.

        It outlives this actor, as a real one would, and ends with the pile, which alone writes to the command pipe.
        """
        pid = os.fork()
        if pid == 0:
            kernel.set_name(name)
            pile = select.poll()
            pile.register(0, 0)  # no input is asked for: only the hang-up is told
            pile.poll()
            os._exit(0)
        return pid

    def send_syns(self, address, port, count, network="10.79"):
        """SYN segments from addresses that nobody has, so that the third segment never comes (RFC 9293, section 3.1)."""
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
            for _ in range(count):
                source = f"{network}.{random.randrange(1, 255)}.{random.randrange(1, 255)}"
                raw.sendto(syn_segment(source, address, random.randrange(1024, 65536), port), (address, 0))


def internet_checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def syn_segment(source, destination, source_port, destination_port):
    addresses = socket.inet_aton(source) + socket.inet_aton(destination)
    header = struct.pack("!HHIIBBHHH", source_port, destination_port, random.getrandbits(32), 0, 5 << 4, 2, 64240, 0, 0)
    pseudo = addresses + struct.pack("!BBH", 0, socket.IPPROTO_TCP, len(header))
    checksum = internet_checksum(pseudo + header)
    segment = header[:16] + struct.pack("!H", checksum) + header[18:]
    packet = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(segment), 0, 0, 64, socket.IPPROTO_TCP, 0)
    return packet + addresses + segment


class Proxy:
    """The pile's end of an actor: each method call is one step, done when it returns."""

    def __init__(self, name, family, protocol, namespace_of=None):
        self.name = name
        parent = os.getpid()
        commands_in, self.commands = os.pipe()
        self.replies, replies_out = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                kernel.die_with_parent(parent)
                kernel.set_name(name)
                serve(Actor(family, protocol), commands_in, replies_out, namespace_of)
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


def serve(actor, commands, replies, namespace_of):
    """Keeps stderr and the two pipes, so that the process has no descriptors but its own."""
    os.dup2(commands, 0)
    os.dup2(replies, 1)
    os.closerange(3, 4096)
    if namespace_of:
        kernel.enter_network_namespace(namespace_of)
    for line in os.fdopen(0, "r"):
        method, arguments, options = json.loads(line)
        try:
            reply = [getattr(actor, method)(*arguments, **options), None]
        except Exception as error:
            reply = [None, f"{type(error).__name__}: {error}"]
        os.write(1, (json.dumps(reply) + "\n").encode())
