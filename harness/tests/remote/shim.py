"""A bridge between two links of a namespace that delays and loses frames; a process of its own."""
import heapq
import pathlib
import random
import select
import socket
import subprocess
import sys
import time


SOL_PACKET = 263


class Shim:
    def __init__(self, space, left, right, delay=0.0, jitter=0.0, loss=0.0):
        self.child = space.popen(sys.executable, str(pathlib.Path(__file__)), left, right, str(delay), str(jitter),
                                 str(loss), stdout=subprocess.PIPE, text=True)
        if self.child.stdout.readline().strip() != "ready":
            raise RuntimeError("the shim does not start")

    def end(self):
        self.child.terminate()
        self.child.wait()


def link(name):
    here = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    here.setsockopt(SOL_PACKET, 23, 1)  # PACKET_IGNORE_OUTGOING
    here.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)  # SO_RCVBUFFORCE
    here.bind((name, 0))
    membership = socket.if_nametoindex(name).to_bytes(4, sys.byteorder) + (1).to_bytes(2, sys.byteorder) + bytes(10)
    here.setsockopt(SOL_PACKET, 1, membership)  # PACKET_ADD_MEMBERSHIP: every frame
    return here


def is_tcp(octets):
    protocol = {b"\x08\x00": 23, b"\x86\xdd": 20}.get(octets[12:14])
    return protocol is not None and octets[protocol] == 6


def main(left, right, delay, jitter, loss):
    """In order, as a wire does: a frame never overtakes another."""
    ends = [link(left), link(right)]
    other = {ends[0]: ends[1], ends[1]: ends[0]}
    last = dict.fromkeys(ends, 0.0)
    waiting, count, chance = [], 0, random.Random(1)
    print("ready", flush=True)
    while True:
        patience = max(0, waiting[0][0] - time.monotonic()) if waiting else None
        for end in select.select(ends, [], [], patience)[0]:
            octets = end.recv(70000)
            if is_tcp(octets) and chance.random() < loss:
                continue
            last[end] = max(last[end], time.monotonic() + delay + chance.uniform(0, jitter))
            count += 1
            heapq.heappush(waiting, (last[end], count, end, octets))
        while waiting and waiting[0][0] <= time.monotonic():
            _, _, end, octets = heapq.heappop(waiting)
            other[end].send(octets)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(float, sys.argv[3:6]))
