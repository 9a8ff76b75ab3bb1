"""Namespaces with real peers for test_remote.py: a tester, a target behind a veth pair or behind a router."""
import contextlib
import ctypes
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import threading

ETH_P_ALL = 3
OFFLOADS = ("tso", "gso", "gro", "tx", "rx")


def run(*words, check=True):
    done = subprocess.run(words, capture_output=True, text=True)
    if check and done.returncode != 0:
        raise RuntimeError(f"{' '.join(words)}: {done.stderr.strip() or done.returncode}")
    return done.stdout


def sweep():
    """Namespaces have names, and so outlive a test that was killed: the next one removes them."""
    for name in run("ip", "netns", "list", check=False).split():
        owner = re.fullmatch(r"tcprove-(\d+)-\w+", name)
        if owner and not pathlib.Path("/proc", owner[1]).exists():
            end(name)


def end(name):
    """With all that runs in it: a child that outlives the test holds its output open, and ctest waits for that."""
    for process in run("ip", "netns", "pids", name, check=False).split():
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(process), signal.SIGKILL)
    run("ip", "netns", "del", name, check=False)


def missing():
    """Why no lab can be made here, or None."""
    if os.geteuid() != 0:
        return "namespaces with root's rights are needed"
    for tool in ("ip", "ethtool", "nft"):
        if subprocess.run(["which", tool], capture_output=True).returncode != 0:
            return f"{tool} is not installed"
    try:
        run("ip", "netns", "add", f"tcprove-try-{os.getpid()}")
        run("ip", "netns", "del", f"tcprove-try-{os.getpid()}")
    except RuntimeError as error:
        return f"namespaces cannot be made: {error}"
    sweep()
    return None


class Space:
    """A network namespace."""

    def __init__(self, name):
        self.name = f"tcprove-{os.getpid()}-{name}"
        run("ip", "netns", "add", self.name)
        self.children = []
        for setting in ("all", "default"):
            self.sysctl(f"net.ipv6.conf.{setting}.accept_ra", 0)
            self.sysctl(f"net.ipv6.conf.{setting}.accept_dad", 0)
        self.run("ip", "link", "set", "lo", "up")

    def run(self, *words, check=True):
        return run("ip", "netns", "exec", self.name, *words, check=check)

    def sysctl(self, name, value):
        self.run("sysctl", "-qw", f"{name}={value}")

    def popen(self, *words, **options):
        child = subprocess.Popen(["ip", "netns", "exec", self.name, *words], **options)
        self.children.append(child)
        return child

    def address(self, link, *addresses):
        for address in addresses:
            self.run("ip", "address", "add", address, "dev", link, *(["nodad"] if ":" in address else []))

    def service(self, kind, port):
        """A server of tests/remote/service.py; returns when it listens."""
        child = self.popen(sys.executable, str(pathlib.Path(__file__).with_name("service.py")), kind, str(port),
                           stdout=subprocess.PIPE, text=True)
        if child.stdout.readline().strip() != "ready":
            raise RuntimeError(f"the {kind} service does not start")
        return child

    def end(self):
        end(self.name)
        for child in self.children:
            child.wait()
            if child.stdout:
                child.stdout.close()


def wire(left, right, left_link, right_link):
    """A veth pair whose frames are what a real wire carries."""
    left.run("ip", "link", "add", left_link, "type", "veth", "peer", "name", right_link, "netns", right.name)
    for space, link in ((left, left_link), (right, right_link)):
        space.run("ethtool", "-K", link, *(word for offload in OFFLOADS for word in (offload, "off")))
        space.run("ip", "link", "set", link, "up")


def enter(namespace):
    """os.setns() comes with Python 3.12."""
    if ctypes.CDLL(None, use_errno=True).setns(namespace, 0) != 0:
        raise OSError(ctypes.get_errno(), "setns")


class Capture:
    """All frames of one link of a namespace, in both directions."""

    def __init__(self, space, link):
        home = os.open("/proc/self/ns/net", os.O_RDONLY)
        there = os.open(f"/run/netns/{space.name}", os.O_RDONLY)
        enter(there)
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.socket.bind((link, 0))
        enter(home)
        os.close(home)
        os.close(there)
        self.socket.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)  # SO_RCVBUFFORCE
        self.socket.settimeout(0.1)
        self.frames = []
        self.ending = False
        self.thread = threading.Thread(target=self.take)
        self.thread.start()

    def take(self):
        while True:
            try:
                octets, address = self.socket.recvfrom(70000)
                self.frames.append((address[2] == 4, octets))  # PACKET_OUTGOING
            except TimeoutError:
                if self.ending:
                    return

    def end(self):
        self.ending = True
        self.thread.join()
        self.socket.close()
        return self.frames
