"""Many clients of an echo server, by real sockets: echo_clients.py ADDRESS PORT NUMBER.

All connect; when all are connected each sends a text of its own, checks what comes back, and closes.
"""
import resource
import selectors
import socket
import sys

PATIENCE = 60  # s without anything happening


def each(selector, left, what):
    """Do `what` for every socket once it is ready; it returns True when the socket is done."""
    while left > 0:
        ready = selector.select(PATIENCE)
        if not ready:
            raise TimeoutError(f"{left} connections wait for nothing")
        for key, _ in ready:
            if what(key.fileobj, key.data):
                selector.unregister(key.fileobj)
                left -= 1


def text_of(number):
    return b"This is connection %d. " % number * (1 + number % 40)


def connected(connection, number):
    error = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if error != 0:
        raise OSError(error, f"connection {number}")
    return True


def main(address, port, number):
    resource.setrlimit(resource.RLIMIT_NOFILE, (number + 100, number + 100))
    selector = selectors.DefaultSelector()
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    connections = [socket.socket(family) for _ in range(number)]
    for n, connection in enumerate(connections):
        connection.setblocking(False)
        connection.connect_ex((address, port))
        selector.register(connection, selectors.EVENT_WRITE, n)
    each(selector, number, connected)

    got = [b""] * number
    for n, connection in enumerate(connections):
        connection.send(text_of(n))
        selector.register(connection, selectors.EVENT_READ, n)

    def echoed(connection, n):
        octets = connection.recv(4096)
        got[n] += octets
        if not octets or not text_of(n).startswith(got[n]):
            raise ValueError(f"connection {n}: {got[n]!r}")
        return got[n] == text_of(n)

    each(selector, number, echoed)
    for connection in connections:
        connection.shutdown(socket.SHUT_WR)
        selector.register(connection, selectors.EVENT_READ, None)
    each(selector, number, lambda connection, _: connection.recv(1) == b"")
    print(f"{number} connections got back what they sent")


main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
