"""A receiver of webhooks that misbehaves as it is told: receiver.py ANSWER...

Prints its port, then each request that it got as JSON. Its answers, one after the other, then 200:
a status, `slow` (none for a minute), `close` (it closes the connection without one). A line on stdin ends it; it says `end` then.
"""

import http.server
import json
import os
import socket
import sys
import threading
import time

answers = sys.argv[1:]


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        answer = answers.pop(0) if answers else "200"
        headers = {name.lower(): value for name, value in self.headers.items()}
        line = {"path": self.path, "headers": headers, "body": body.decode(), "answer": answer}
        print(json.dumps(line), flush=True)
        if answer == "close":
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        if answer == "slow":
            time.sleep(60)
            return
        self.send_response(int(answer))
        if answer == "302":
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass


server = Server(("127.0.0.1", 0), Receiver)
print(server.server_port, flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
# A line, not the end of the input alone: another child of the tests may hold the pipe open.
sys.stdin.readline()
print("end", flush=True)
os._exit(0)
