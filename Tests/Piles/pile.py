#!/usr/bin/env python3
"""Makes sockets whose holders are hard to see, in a network namespace of its own, until stdin closes.

    python3 pile.py NAME

The piles that doctor's rules are about are made by `linger lab crowd`; these are no misbehaving programs, they are for
the lists and the counts. When the pile stands, one JSON line comes on stdout, like that of `linger lab crowd --json`.

The processes and the sockets are real. Two namespaces are made: `here`, which is looked at, and `there`, where the
peers live, so that only one end of each connection is seen. Both have no name and go when the last process goes; the
processes die with this one, kill -9 included. Needs root, python3 and iproute2.
"""

import sys

sys.dont_write_bytecode = True

import argparse
import json
import os

from piles import holders
from piles.stage import Stage

PILES = {
    "descriptor_tables": holders.descriptor_tables,
    "many_files": holders.many_files,
    "listeners": holders.listeners,
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("name", choices=PILES)
    arguments = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("pile.py makes network namespaces and needs root: run it as root or with sudo")
    with Stage() as stage:
        PILES[arguments.name](stage)
        print(json.dumps({"ready": True, "pile": arguments.name, **stage.description()}), flush=True)
        while os.read(0, 4096):
            pass


if __name__ == "__main__":
    main()
