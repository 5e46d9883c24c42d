#!/usr/bin/env python3
"""The other end of a server under test: one command a line on stdin, one answer a line on stdout.

    keep N      opens N connections that the server keeps for ever
    shut N      sends a FIN on the first N of them that are open: the server has them in CLOSE_WAIT
    ends        what the kept ones have seen since: `{"fin": 3, "reset": 1, "open": 2}`; forgets those that ended
    talk        one exchange on a connection that stays open from the first call on
    ask TEXT    one exchange on a new connection; the answer
"""

import json
import socket
import sys

address, port = sys.argv[1], int(sys.argv[2])
kept, shut, talk = [], [], None


def connect():
    made = socket.create_connection((address, port), timeout=20)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


def exchange(connection, text):
    connection.sendall(text.encode() + b"\n")
    answer = b""
    while not answer.endswith(b"\n"):
        piece = connection.recv(4096)
        if not piece:
            return "closed"
        answer += piece
    return answer.decode().strip()


def end_of(connection):
    connection.setblocking(False)
    try:
        return "fin" if connection.recv(1) == b"" else "data"
    except BlockingIOError:
        return "open"
    except ConnectionResetError:
        return "reset"


for line in sys.stdin:
    word, _, rest = line.strip().partition(" ")
    try:
        if word == "keep":
            for _ in range(int(rest)):
                made = connect()
                assert exchange(made, "keep") == "keep"
                kept.append(made)
            answer = f"kept {len(kept)}"
        elif word == "shut":
            for one in kept[:int(rest)]:
                one.shutdown(socket.SHUT_WR)
            shut += kept[:int(rest)]
            del kept[:int(rest)]
            answer = f"shut {len(shut)}"
        elif word == "ends":
            ends = {"fin": 0, "reset": 0, "open": 0, "data": 0}
            for group in (kept, shut):
                for one in list(group):
                    end = end_of(one)
                    ends[end] += 1
                    if end in ("fin", "reset"):
                        one.close()
                        group.remove(one)
                    else:
                        one.settimeout(20)
            answer = json.dumps(ends)
        elif word == "talk":
            talk = talk or connect()
            answer = exchange(talk, "talk")
        elif word == "ask":
            with connect() as one:
                answer = exchange(one, rest)
        else:
            answer = "?"
    except Exception as error:
        answer = f"{type(error).__name__}: {error}"
    print(answer, flush=True)
