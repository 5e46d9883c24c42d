#!/usr/bin/env python3
"""Makes one pile of TCP sockets in a network namespace of its own, and holds it until stdin closes.

    python3 pile.py NAME [--count N] [--healthy] [--family 4|6|mapped] [--protocol tcp|mptcp]

When the pile stands, one JSON line comes on stdout:

    {"ready": true, "name": NAME, "netns_pid": PID, "netns_inode": N, "pids": {"server": PID, ...},
     "ports": {"server": PORT, ...}, "expected": {"states": {"CLOSE_WAIT": 100, ...}, ...}}

The processes and the sockets are real. Two namespaces are made: `here`, which is looked at, and `there`, where the
peers live, so that only one end of each connection is seen. Both have no name and go when the last process goes; the
processes die with this one, kill -9 included.

`--healthy` makes the neighbour: the same shape, and nothing wrong with it. Needs root, python3, iproute2, nftables.
"""

import sys

sys.dont_write_bytecode = True

import argparse
import json
import os
import select

from piles import accept, close_wait, closing, established, handshake, holders, limits, mixed, time_wait
from piles.stage import Stage

PILES = {
    "close_wait_leak": close_wait.leak,
    "close_wait_shared": close_wait.shared,
    "close_wait_pool": close_wait.pool,
    "accept_stalled": accept.stalled,
    "accept_queue_full": accept.queue_full,
    "time_wait_ports": time_wait.ports,
    "time_wait_buckets": time_wait.buckets,
    "time_wait_normal": time_wait.normal,
    "fin_wait_2_held": closing.fin_wait_2_held,
    "fin_wait_2_orphaned": closing.fin_wait_2_orphaned,
    "closing_stuck": closing.stuck,
    "syn_flood": handshake.syn_flood,
    "handshake_stuck": handshake.stuck,
    "connect_unanswered": handshake.connect_unanswered,
    "peer_unresponsive": established.peer_unresponsive,
    "zero_window": established.zero_window,
    "idle_without_keepalive": established.idle_without_keepalive,
    "many_connections": established.many,
    "ephemeral_ports": limits.ephemeral_ports,
    "descriptors_low": limits.descriptors_low,
    "closed_descriptors": limits.closed_descriptors,
    "conntrack_full": limits.conntrack_full,
    "mixed": mixed.every_state,
    "churn": mixed.churn,
    "descriptor_tables": holders.descriptor_tables,
    "many_files": holders.many_files,
    "listeners": holders.listeners,
}
# tcp_memory, orphan_limit and file_table depend on net.ipv4.tcp_mem, net.ipv4.tcp_max_orphans and fs.file-max, which
# belong to the whole host: no namespace can have its own, and a test does not touch the host's. These three rules are
# tested on made-up snapshots only, in DiagnosisTests.


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("name", choices=PILES)
    parser.add_argument("--count", type=int)
    parser.add_argument("--healthy", action="store_true")
    parser.add_argument("--family", choices=["4", "6", "mapped"], default="4")
    parser.add_argument("--protocol", choices=["tcp", "mptcp"], default="tcp")
    arguments = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("pile.py makes network namespaces and needs root: run it as root or with sudo")
    with Stage(arguments.family, arguments.protocol) as stage:
        make = PILES[arguments.name]
        if arguments.count is None:
            make(stage, healthy=arguments.healthy)
        else:
            make(stage, healthy=arguments.healthy, count=arguments.count)
        print(json.dumps({"ready": True, "name": arguments.name, **stage.description()}), flush=True)
        while not select.select([0], [], [], 0.1)[0] or os.read(0, 4096):
            stage.tick()


if __name__ == "__main__":
    main()
