"""A threaded server for the tests of room Clearing; see target.c for what it answers."""

import socket
import sys
import threading

failures = 0
kept = []


def serve(connection):
    global failures
    try:
        with_connection(connection)
    except OSError as error:
        failures += 1
        print("FAIL", error, flush=True)


def with_connection(connection):
    while True:
        line = connection.recv(4096)
        if not line:
            connection.close()
            return
        if line.startswith(b"status"):
            line = b"failures %d lost 0\n" % failures
        connection.sendall(line)
        if line.startswith(b"keep"):
            kept.append(connection)  # never closed: the leak
            return


listener = socket.create_server(("", int(sys.argv[1])), backlog=4096)
print("ready", flush=True)
while True:
    accepted, _ = listener.accept()
    threading.Thread(target=serve, args=(accepted,), daemon=True).start()
