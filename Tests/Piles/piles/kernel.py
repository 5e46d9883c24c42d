"""The few kernel interfaces that Python 3.11 has no words for, and readers of /proc."""

import collections
import ctypes
import os
import signal
import subprocess

CLONE_NEWNET = 0x40000000  # linux/sched.h
PR_SET_PDEATHSIG = 1  # linux/prctl.h
PR_SET_NAME = 15
PR_SET_CHILD_SUBREAPER = 36

libc = ctypes.CDLL(None, use_errno=True)

# include/net/tcp_states.h, as /proc/net/tcp has them; 0C is a request that stands in the SYN queue.
STATES = {
    "01": "ESTABLISHED", "02": "SYN_SENT", "03": "SYN_RCVD", "04": "FIN_WAIT_1", "05": "FIN_WAIT_2", "06": "TIME_WAIT",
    "07": "CLOSED", "08": "CLOSE_WAIT", "09": "LAST_ACK", "0A": "LISTEN", "0B": "CLOSING", "0C": "SYN_RCVD",
}

Row = collections.namedtuple("Row", "state local_port remote_port send_queue receive_queue timer retries inode")


def check(result, what):
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def new_network_namespace():
    check(libc.unshare(CLONE_NEWNET), "unshare(CLONE_NEWNET)")


def die_with_parent(parent):
    check(libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent:  # it died before the signal was asked for
        os._exit(1)


def adopt_grandchildren():
    """What an actor forked becomes our child when the actor ends, so that we can wait for it."""
    check(libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "prctl(PR_SET_CHILD_SUBREAPER)")


def set_name(name):
    check(libc.prctl(PR_SET_NAME, name.encode()[:15], 0, 0, 0), "prctl(PR_SET_NAME)")


def run(*command, stdin=None):
    """Runs a tool in this process's namespace; what it complains about becomes the error."""
    done = subprocess.run(command, input=stdin, text=True, capture_output=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


def namespace_inode(pid="self"):
    return os.stat(f"/proc/{pid}/ns/net").st_ino


def sockets(pid="self"):
    """Every TCP socket of the process's namespace, as /proc/net/tcp and tcp6 have it."""
    for table in ("tcp", "tcp6"):
        with open(f"/proc/{pid}/net/{table}") as file:
            next(file)
            for line in file:
                field = line.split()
                send_queue, receive_queue = field[4].split(":")
                yield Row(
                    STATES[field[3]], int(field[1].rpartition(":")[2], 16), int(field[2].rpartition(":")[2], 16),
                    int(send_queue, 16), int(receive_queue, 16), int(field[5].split(":")[0], 16), int(field[6], 16),
                    int(field[9]))
