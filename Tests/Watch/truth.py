#!/usr/bin/env python3
"""Opens and closes real connections in every order, and logs what it did: what a watch must have seen.

    truth.py COUNT [--batch N]

Makes a network namespace of its own, prints {"netns": INODE, "pids": {...}} and waits for a line on stdin. Then come COUNT
connections, and one JSON line for each of their sockets:
{"order", "side", "cookie", "local", "remote", "pid", "fd", "states", "ending", "closed_first", "acked", "received"}.
Clients and servers are two processes. When all is done it prints {"done": true}, and waits for the end of stdin.
"""

import argparse
import ctypes
import fcntl
import json
import os
import resource
import socket
import struct
import sys
import time

CLONE_NEWNET = 0x40000000
SO_COOKIE = 57
ESTABLISHED, FIN_WAIT_2, TIME_WAIT, CLOSED, CLOSE_WAIT, LISTEN = 1, 5, 6, 7, 8, 10
ADDRESS = "127.0.0.1"
PATIENCE = 60

CLIENT = ["syn_sent", "established"]
SERVER = ["syn_rcvd", "established"]
FIRST = ["fin_wait_1", "fin_wait_2", "time_wait"]
SECOND = ["close_wait", "last_ack"]


def cookie(one):
    return struct.unpack("Q", one.getsockopt(socket.SOL_SOCKET, SO_COOKIE, 8))[0]


def state(one):
    return one.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]


def wait_for(holds, what):
    deadline = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > deadline:
            raise RuntimeError(f"after {PATIENCE} seconds still not so: {what}")
        time.sleep(0.002)


def reset_on_close(one):
    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class Server:
    """The other process: accepts, and does with its ends what it is told, by the ports of their peers."""

    def __init__(self):
        self.listener = socket.socket()
        self.listener.bind((ADDRESS, 0))
        self.listener.listen(4096)
        self.port = self.listener.getsockname()[1]
        ours, theirs = socket.socketpair()
        self.pid = os.fork()
        if self.pid == 0:
            ours.close()
            self.serve(theirs)
            os._exit(0)
        theirs.close()
        self.pipe = ours.makefile("rw")

    def ask(self, what, *arguments):
        self.pipe.write(json.dumps([what, *arguments]) + "\n")
        self.pipe.flush()
        return json.loads(self.pipe.readline())

    def serve(self, pipe):
        pipe = pipe.makefile("rw")
        ends = {}
        while line := pipe.readline():
            what, *rest = json.loads(line)
            answer = None
            if what == "accept":
                answer = {}
                for _ in range(rest[0]):
                    one, peer = self.listener.accept()
                    ends[peer[1]] = one
                    answer[peer[1]] = [cookie(one), one.fileno()]
            elif what == "close":
                for port in rest[0]:
                    ends.pop(port).close()
            elif what == "shutdown":
                for port in rest[0]:
                    ends[port].shutdown(socket.SHUT_WR)
            elif what == "reset":
                for port in rest[0]:
                    reset_on_close(ends[port])
                    ends.pop(port).close()
            elif what == "exchange":
                for port in rest[0]:
                    ends[port].recv(rest[1], socket.MSG_WAITALL)
                    ends[port].sendall(b"x" * rest[2])
            elif what == "wait":
                wait_for(lambda: all(state(ends[port]) == rest[1] for port in rest[0]), f"servers in {rest[1]}")
            pipe.write(json.dumps(answer) + "\n")
            pipe.flush()


class Run:
    def __init__(self, server):
        self.server = server
        self.lines = []

    def log(self, order, side, key, local, remote, pid, fd, states, ending, first, acked=None, received=None):
        self.lines.append({
            "order": order, "side": side, "cookie": key and format(key, "x"), "local": local, "remote": remote,
            "pid": pid, "fd": fd, "states": states, "ending": ending, "closed_first": first, "acked": acked,
            "received": received,
        })

    def pairs(self, count):
        clients = []
        for _ in range(count):
            one = socket.socket()
            one.connect((ADDRESS, self.server.port))
            clients.append(one)
        accepted = self.server.ask("accept", count)
        return [(one, one.getsockname()[1], *accepted[str(one.getsockname()[1])]) for one in clients]

    def log_pairs(self, order, pairs, client, server, client_bytes=(None, None), server_bytes=(None, None)):
        for key, fd, port, server_key, server_fd in pairs:
            here, there = f"{ADDRESS}:{port}", f"{ADDRESS}:{self.server.port}"
            self.log(order, "client", key, here, there, os.getpid(), fd, *client, *client_bytes)
            self.log(order, "server", server_key, there, here, self.server.pid, server_fd, *server, *server_bytes)

    @staticmethod
    def noted(pairs):
        """What is asked of a socket while it is open."""
        return [(cookie(one), one.fileno(), port, key, fd) for one, port, key, fd in pairs]

    # The orders. Each takes how many connections it may make.

    def client_first(self, count, sent=700, answered=3000):
        pairs = self.pairs(count)
        notes, ports = self.noted(pairs), [pair[1] for pair in pairs]
        for one, *_ in pairs:
            one.sendall(b"x" * sent)
        self.server.ask("exchange", ports, sent, answered)
        for one, *_ in pairs:
            one.recv(answered, socket.MSG_WAITALL)
            one.shutdown(socket.SHUT_WR)
        wait_for(lambda: all(state(one) == FIN_WAIT_2 for one, *_ in pairs), "clients in FIN_WAIT_2")
        self.server.ask("wait", ports, CLOSE_WAIT)
        self.server.ask("close", ports)
        wait_for(lambda: all(state(one) == CLOSED for one, *_ in pairs), "clients closed")
        for one, *_ in pairs:
            one.close()
        # A SYN and a FIN count for one byte each; the server's SYN is not counted.
        self.log_pairs("client first", notes, (CLIENT + FIRST, "orderly", "here"), (SERVER + SECOND, "orderly", "peer"),
                       (1 + sent + 1, answered + 1), (answered + 1, sent + 1))

    def server_first(self, count):
        pairs = self.pairs(count)
        notes, ports = self.noted(pairs), [pair[1] for pair in pairs]
        self.server.ask("shutdown", ports)
        self.server.ask("wait", ports, FIN_WAIT_2)
        wait_for(lambda: all(state(one) == CLOSE_WAIT for one, *_ in pairs), "clients in CLOSE_WAIT")
        for one, *_ in pairs:
            one.close()
        self.server.ask("wait", ports, CLOSED)
        self.server.ask("close", ports)
        self.log_pairs("server first", notes, (CLIENT + SECOND, "orderly", "peer"), (SERVER + FIRST, "orderly", "here"),
                       (2, 1), (1, 1))

    def both(self, count):
        """A socket that is connected to itself: its SYN meets its SYN, and its FIN its FIN."""
        for _ in range(count):
            one = socket.socket()
            one.bind((ADDRESS, 0))
            here = one.getsockname()
            one.connect(here)
            key, fd, name = cookie(one), one.fileno(), f"{ADDRESS}:{here[1]}"
            one.close()
            self.log("both", "both", key, name, name, os.getpid(), fd,
                     ["syn_sent", "syn_rcvd", "established", "fin_wait_1", "closing", "time_wait"], "orderly", "both")

    def client_resets(self, count):
        pairs = self.pairs(count)
        notes, ports = self.noted(pairs), [pair[1] for pair in pairs]
        for one, *_ in pairs:
            reset_on_close(one)
            one.close()
        self.server.ask("close", ports)
        self.log_pairs("client resets", notes, (CLIENT, "reset_here", None), (SERVER, "reset_by_peer", None))

    def unread(self, count):
        pairs = self.pairs(count)
        notes, ports = self.noted(pairs), [pair[1] for pair in pairs]
        for one, *_ in pairs:
            one.sendall(b"x")
        self.server.ask("close", ports)
        wait_for(lambda: all(state(one) == CLOSED for one, *_ in pairs), "clients reset")
        for one, *_ in pairs:
            one.close()
        self.log_pairs("unread data", notes, (CLIENT, "reset_by_peer", None), (SERVER, "reset_here", None))

    def reset_after_fin(self, count):
        pairs = self.pairs(count)
        notes, ports = self.noted(pairs), [pair[1] for pair in pairs]
        for one, *_ in pairs:
            one.shutdown(socket.SHUT_WR)
        wait_for(lambda: all(state(one) == FIN_WAIT_2 for one, *_ in pairs), "clients in FIN_WAIT_2")
        for one, *_ in pairs:
            reset_on_close(one)
            one.close()
        self.server.ask("wait", ports, CLOSED)
        self.server.ask("close", ports)
        self.log_pairs("reset after FIN", notes, (CLIENT + FIRST[:2], "reset_here", "here"),
                       (SERVER + SECOND[:1], "reset_by_peer", "peer"))

    def orphans(self, count):
        pairs = self.pairs(count)
        notes, ports = self.noted(pairs), [pair[1] for pair in pairs]
        for one, *_ in pairs:
            one.close()
        wait_for(lambda: ports_in_fin_wait_2().issuperset(ports), "orphans in FIN_WAIT_2")
        self.server.ask("close", ports)
        self.log_pairs("orphans", notes, (CLIENT + FIRST[:2], "orphaned", "here"), (SERVER + SECOND, "orderly", "peer"))

    def refused(self, count):
        nobody = socket.socket()
        nobody.bind((ADDRESS, 0))
        port = nobody.getsockname()[1]
        for _ in range(count):
            one = socket.socket()
            one.connect_ex((ADDRESS, port))
            self.log("refused", "client", cookie(one), None, f"{ADDRESS}:{port}", os.getpid(), one.fileno(),
                     CLIENT[:1], "refused", None)
            one.close()
        nobody.close()

    def unaccepted(self, count):
        listener = socket.socket()
        listener.bind((ADDRESS, 0))
        listener.listen(count)
        there = f"{ADDRESS}:{listener.getsockname()[1]}"
        clients = [socket.socket() for _ in range(count)]
        for one in clients:
            one.connect(listener.getsockname())
        listener.close()
        for one in clients:
            here = f"{ADDRESS}:{one.getsockname()[1]}"
            self.log("unaccepted", "client", cookie(one), here, there, os.getpid(), one.fileno(), CLIENT,
                     "reset_by_peer", None)
            self.log("unaccepted", "server", None, there, here, None, None, SERVER, "reset_here", None)
        for one in clients:
            one.close()

    def orders(self):
        return [self.client_first, self.server_first, self.both, self.client_resets, self.unread, self.reset_after_fin,
                self.orphans, self.refused, self.unaccepted]


def sockets():
    """State and local port of each of the namespace. The list changes while it is read, and may name one twice."""
    with open("/proc/net/tcp") as table:
        rows = [line.split() for line in table][1:]
    return [(int(row[3], 16), int(row[1].rpartition(":")[2], 16)) for row in rows]


def ports_in_fin_wait_2():
    return {port for state, port in sockets() if state == FIN_WAIT_2}


def is_over():
    """Nothing is under way any more. The kernel may work off what came over loopback much later than it was sent, on a
    machine that is busy: then a socket is in LAST_ACK long after its program has closed it."""
    return all(state in (FIN_WAIT_2, TIME_WAIT, LISTEN) for state, _ in sockets())


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("count", type=int)
    arguments.add_argument("--batch", type=int, default=250)
    arguments = arguments.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        raise SystemExit(f"unshare: {os.strerror(ctypes.get_errno())}: run it as root")
    # The loopback interface of a new namespace is down: SIOCSIFFLAGS, IFF_UP and IFF_RUNNING.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, 0x8914, struct.pack("16sh14x", b"lo", 0x41))
    # TIME_WAIT keeps a port for a minute: more ports, for more connections.
    with open("/proc/sys/net/ipv4/ip_local_port_range", "w") as ports:
        ports.write("1024 65000")
    server = Server()
    run = Run(server)
    print(json.dumps({"netns": os.stat("/proc/self/ns/net").st_ino, "pids": [os.getpid(), server.pid]}), flush=True)
    sys.stdin.readline()
    left = arguments.count
    while left > 0:
        for order in run.orders():
            size = min(arguments.batch, left)
            if size > 0:
                order(size)
                left -= size
    wait_for(is_over, "nothing but small sockets and listeners")
    for line in run.lines:
        print(json.dumps(line))
    print(json.dumps({"done": True}), flush=True)
    sys.stdin.readline()
    server.pipe.close()


main()
