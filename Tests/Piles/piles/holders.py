"""What is hard to see of a socket's holder. No rule is about these: they are for the lists and the counts."""

import os
import socket
import threading

from . import kernel

CLONE_FILES = 0x400  # linux/sched.h


def descriptor_tables(stage, count=3000):
    """Processes with thousands of descriptors of all kinds, and one with a thread that has a table of its own."""
    for name, port in (("sockets", 8080), ("mixed", 8081)):
        server = stage.actor(name)
        server.limit_descriptors(2 * count)
        server.listen(port)
        stage.inward(server, port, count // 2 if name == "sockets" else 20)
    server.open_all_kinds(count)
    threads = stage.actor("threads")
    threads.limit_descriptors(2 * count)
    threads.listen(8082)
    stage.inward(threads, 8082, 10)
    threads.thread_with_own_table(8083)
    stage.expect_states(LISTEN=4, ESTABLISHED=count // 2 + 30)


def many_files(stage, count=26000):
    """So many open files that reading them by the iterator is worth its loading. One listener is all there is to see."""
    stage.actor("server").listen(8080)
    for number in range(2):
        stage.actor(f"files{number}").open_files(count // 2)
    stage.expect_states(LISTEN=1)


def listeners(stage, count=1):
    """`::` for both families with SO_REUSEADDR, `::` for IPv6 alone, `::1`; nobody accepts an IPv4 connection."""
    server = stage.actor("server")
    server.listen(8080, family="mapped")
    server.listen(8081, family="6")
    server.listen(8082, family="6", address="::1")
    stage.peer.connect(stage.address_here("4"), 8080, count)
    stage.expect_states(LISTEN=3, ESTABLISHED=count)


def start_thread_with_own_table(listen):
    """A thread leaves the process's table (unshare(2)) and listens: the process's table has nothing of it."""
    ready = threading.Event()

    def leave():
        kernel.check(kernel.libc.unshare(CLONE_FILES), "unshare(CLONE_FILES)")
        listen()
        ready.set()
        threading.Event().wait()

    threading.Thread(target=leave, daemon=True).start()
    ready.wait()


def open_all_kinds(count):
    """Files, pipes, and sockets that are not TCP."""
    kept = []
    for _ in range(count // 6):
        kept += [os.open("/dev/null", os.O_RDONLY), os.eventfd(0), *os.pipe()]
        kept += socket.socketpair()
        kept.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    return kept
