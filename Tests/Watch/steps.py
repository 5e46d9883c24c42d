#!/usr/bin/env python3
"""Brings real connections from state to state, step by step, as it is told: what a watch by looks has time to see.

    steps.py

Makes a network namespace of its own and prints {"netns": INODE, "pid": PID, "port": PORT}. Then each line on stdin is a step,
and one line of JSON says that it is done: {"began": SECONDS, "ended": SECONDS, "cookies": [HEX ...]}, times since 1970.

    open COUNT    connects and accepts; the cookies of both ends
    half          the clients send their FIN
    close         the servers close: their clients go into TIME_WAIT
    drop          the clients' descriptors are closed
    brief COUNT   connects, accepts, and closes both ends, one after another
"""

import ctypes
import fcntl
import json
import os
import socket
import struct
import sys
import time

CLONE_NEWNET = 0x40000000
SO_COOKIE = 57
ESTABLISHED, FIN_WAIT_2, CLOSED, CLOSE_WAIT = 1, 5, 7, 8
PATIENCE = 60


def cookie(one):
    return format(struct.unpack("Q", one.getsockopt(socket.SOL_SOCKET, SO_COOKIE, 8))[0], "x")


def wait_for(state, sockets):
    deadline = time.monotonic() + PATIENCE
    while any(one.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] != state for one in sockets):
        if time.monotonic() > deadline:
            raise RuntimeError(f"after {PATIENCE} seconds not all are in state {state}")
        time.sleep(0.002)


class Steps:
    def __init__(self):
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(4096)
        self.clients, self.servers = [], []

    def pair(self):
        client = socket.socket()
        client.connect(self.listener.getsockname())
        return client, self.listener.accept()[0]

    def open(self, count):
        cookies = []
        for _ in range(int(count)):
            client, server = self.pair()
            self.clients.append(client)
            self.servers.append(server)
            cookies += [cookie(client), cookie(server)]
        return cookies

    def half(self):
        for one in self.clients:
            one.shutdown(socket.SHUT_WR)
        wait_for(FIN_WAIT_2, self.clients)
        wait_for(CLOSE_WAIT, self.servers)

    def close(self):
        for one in self.servers:
            one.close()
        wait_for(CLOSED, self.clients)
        self.servers = []

    def drop(self):
        for one in self.clients:
            one.close()
        self.clients = []

    def brief(self, count):
        cookies = []
        for _ in range(int(count)):
            client, server = self.pair()
            cookies += [cookie(client), cookie(server)]
            client.shutdown(socket.SHUT_WR)
            server.close()
            client.close()
        return cookies


def main():
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        raise SystemExit(f"unshare: {os.strerror(ctypes.get_errno())}: run it as root")
    # The loopback interface of a new namespace is down: SIOCSIFFLAGS, IFF_UP and IFF_RUNNING.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, 0x8914, struct.pack("16sh14x", b"lo", 0x41))
    steps = Steps()
    inode = os.stat("/proc/self/ns/net").st_ino
    print(json.dumps({"netns": inode, "pid": os.getpid(), "port": steps.listener.getsockname()[1]}), flush=True)
    for line in sys.stdin:
        name, *arguments = line.split()
        began = time.time()
        cookies = getattr(steps, name)(*arguments)
        print(json.dumps({"began": began, "ended": time.time(), "cookies": cookies or []}), flush=True)


main()
