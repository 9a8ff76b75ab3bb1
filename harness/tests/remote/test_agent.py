"""The agent of remote:ADDR in namespaces: test_agent.py PROGRAM AGENT SOURCE_FOLDER. Exit status 77: skipped.

The agent runs as nobody, with no right at all. TCPROVE_WHOLE=1 runs the whole suite instead of a part.
"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from lab import Space, missing, wire

PROGRAM, AGENT, SOURCE = (pathlib.Path(word).resolve() for word in sys.argv[1:4])
SPECS = SOURCE / "specs"
LINUX = SPECS / "expect" / "linux.yaml"
SOME = [SPECS / "rfc9293" / "3.7-segmentation"]
LOCAL = [SPECS / "rfc9293" / "3.5-establishing", SPECS / "rfc9293" / "3.6-closing"]
# Folders whose longest spec takes two seconds at most.
QUICK = ("3.1-malformed", "3.4-sequence-numbers", "3.5-establishing", "3.5.2-reset", "3.7-segmentation", "3.9.2-icmp")
PART = [SPECS] if os.environ.get("TCPROVE_WHOLE") else [SPECS / "rfc5961", *(SPECS / "rfc9293" / name for name in QUICK)]
DECIDED = ("pass", "fail", "deviation")
PORT = "7007"
TOKEN = "sixteen octets and more"
PEERS = ("--peer", "192.0.2.77", "--peer", "2001:db8::/64")
TARGETS = {4: "192.0.2.2", 6: "[2001:db8::2]"}

# A proof at an octet every half second, for 20 s or until the agent has enough.
TRICKLE = """
import socket, sys, time
began = time.monotonic()
here = socket.create_connection(sys.argv[1:3])
here.settimeout(0.5)
here.send(bytes((0, 64, 2, 0, 0, 0)))
try:
    while time.monotonic() - began < 20:
        here.send(b'\\0')
        try:
            if not (octets := here.recv(1000)):
                break
        except TimeoutError:
            pass
except OSError:
    pass
print(time.monotonic() - began)
"""


def runs_of(report):
    return {(run["name"], run["cell"], run["ip"]): run for run in report["targets"][0]["runs"]}


def decided(report):
    return {key: run for key, run in runs_of(report).items() if run["verdict"] in DECIDED}


def setUpModule():
    """One lab for all: what a test leaves behind may disturb the next, and then it is a fault of the agent."""
    folder = pathlib.Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    unittest.addModuleCleanup(shutil.rmtree, folder)
    Lab.folder, Lab.token, Lab.agent = folder, folder / "token", folder / "agent"
    Lab.token.write_text(TOKEN + "\n")
    Lab.token.chmod(0o600)
    shutil.copy(AGENT, Lab.agent)  # where nobody may run it
    Lab.agent.chmod(0o755)
    tester, peer = Lab.tester, Lab.peer = Space("tester"), Space("peer")
    unittest.addModuleCleanup(tester.end)
    unittest.addModuleCleanup(peer.end)
    wire(tester, peer, "veth0", "eth0")
    tester.address("veth0", "192.0.2.1/24", "2001:db8::1/64")
    peer.address("eth0", "192.0.2.2/24", "2001:db8::2/64")
    for name, value in (("net.ipv4.tcp_no_metrics_save", 1), ("net.ipv4.tcp_autocorking", 0),
                        ("net.ipv4.icmp_ratelimit", 0), ("net.ipv6.icmp.ratelimit", 0)):
        peer.sysctl(name, value)
    # Near to the kernel target's, and there may be BBR. A namespace may choose what is allowed outside of it alone.
    allowed = pathlib.Path("/proc/sys/net/ipv4/tcp_allowed_congestion_control").read_text().split()
    peer.sysctl("net.ipv4.tcp_congestion_control", "cubic" if "cubic" in allowed else "reno")


class Lab(unittest.TestCase):

    def start_agent(self, *options, token=TOKEN):
        """Returns when it listens."""
        child = self.peer.popen("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", str(self.agent),
                                "--listen", PORT, *options, stderr=subprocess.PIPE, text=True,
                                env={**os.environ, "TCPROVE_TOKEN": token})
        self.addCleanup(self.end_agent, child)
        self.assertIn("ready", child.stderr.readline())
        return child

    def end_agent(self, child):
        child.kill()
        child.wait()
        child.stderr.close()

    def start(self, ip, *options):
        words = [str(PROGRAM), "run", "--target", f"remote:{TARGETS[ip]}", "--expect", str(LINUX), "--agent",
                 f"192.0.2.2:{PORT}", "--token-file", str(self.token), *map(str, options)]
        return self.tester.popen(*words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def end(self, child, status, within=120):
        out, err = child.communicate(timeout=within)
        self.assertIn(child.returncode, status, out + err)
        return err

    def play(self, ip, *options, status=(0, 1)):
        file = self.folder / "report.json"
        self.end(self.start(ip, "--report", f"json:{file}", "--quiet", *options), status)
        return json.loads(file.read_text())

    def kernel(self, ip, specs):
        file = self.folder / "kernel.json"
        subprocess.run([PROGRAM, "run", "--target", "kernel", "--expect", LINUX, "--quiet", "--ip", str(ip), "--report",
                        f"json:{file}", *specs], timeout=120, stdout=subprocess.DEVNULL, check=False)
        return decided(json.loads(file.read_text()))

    def sockets_left(self):
        left = self.peer.run("ss", "-Htan", "sport >= :30000 and sport <= :32767")
        return [line for line in left.splitlines() if line.strip()]


class Verdicts(Lab):
    def compare(self, ip, specs, *options):
        """Runs that kernel and both have decided, and those of them where they say different things."""
        report = self.play(ip, *options, *specs)
        self.assertIn("an agent (Linux", report["targets"][0]["profile"])
        remote, kernel = decided(report), self.kernel(ip, specs)
        both = remote.keys() & kernel.keys()
        different = {key: [(run["verdict"], run["reason"]) for run in (remote[key], kernel[key])] for key in both
                     if remote[key]["verdict"] != kernel[key]["verdict"]}
        return kernel, both, different

    def as_kernel(self, ip, specs, *options):
        """This machine's kernel is the peer's: what both decide they decide alike, and hardly less is decided. On a busy
        machine either may be late, the kernel target too; what is a difference is one when it is looked at again."""
        kernel, both, different = self.compare(ip, specs, *options)
        self.assertGreater(len(kernel), 100)
        self.assertGreater(len(both), 0.95 * len(kernel))
        for _ in range(2):
            if different:
                print("looked at again:", different, flush=True)
                specs = sorted({SPECS / f"{name}.yaml" for name, _, _ in different})
                different = self.compare(ip, specs, *options)[2]
        self.assertEqual(different, {})

    def test_ipv4__are_those_of_kernel_and_no_socket_is_left(self):
        self.start_agent(*PEERS)
        self.as_kernel(4, PART, "--tester-address", "192.0.2.77")
        self.assertEqual(self.sockets_left(), [])

    def test_ipv6_by_an_agent_spoken_to_over_ipv4__are_those_of_kernel(self):
        self.start_agent(*PEERS)
        self.as_kernel(6, PART, "--tester-address", "2001:db8::77")
        self.assertEqual(self.sockets_left(), [])

    def test_link_local_address__is_bound_on_its_link(self):
        self.start_agent("--peer", "fe80::/10")
        host = self.peer.run("ip", "-6", "-brief", "address", "show", "dev", "eth0", "scope", "link").split()[2]
        target = f"{host.split('/')[0]}%veth0"
        words = ["--target", f"remote:{target}", "--tester-address", "fe80::77", "--expect", str(LINUX)]
        file = self.folder / "link.json"
        child = self.tester.popen(str(PROGRAM), "run", *words, "--agent", f"[{target}]:{PORT}", "--token-file",
                                  str(self.token), "--report", f"json:{file}", *map(str, LOCAL), stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True)
        self.end(child, (0,))
        self.assertGreater(len(decided(json.loads(file.read_text()))), 30)

    def test_host_address__needs_no_peer(self):
        self.start_agent()
        self.assertGreater(len(decided(self.play(4, *SOME))), 10)


class Refusal(Lab):
    def refuse(self, *options):
        """What tcprove says when it does not begin."""
        return self.end(self.start(4, "--tester-address", "192.0.2.77", *options, *SOME), (3,), 60)

    def test_another_token__is_refused(self):
        self.start_agent(*PEERS, token="quite another token")
        self.assertIn("that is not the token", self.refuse())

    def test_tester_not_named__is_refused(self):
        self.start_agent("--peer", "192.0.2.78", "--peer", "192.0.3.0/24")
        self.assertIn("--peer", self.refuse())

    def test_no_agent__says_so(self):
        self.assertIn("Connection refused", self.refuse())

    def test_no_agent_but_a_service__says_so(self):
        service = self.peer.service("discard", PORT)
        self.addCleanup(service.wait)
        self.addCleanup(service.kill)
        self.assertIn("it says nothing", self.refuse())

    def test_no_token__agent_does_not_start(self):
        for token in ({}, {"TCPROVE_TOKEN": "too short"}):
            environment = {key: value for key, value in os.environ.items() if key != "TCPROVE_TOKEN"}
            done = subprocess.run([AGENT, "--listen", PORT], env={**environment, **token}, capture_output=True,
                                  text=True, timeout=20, check=False)
            self.assertEqual(done.returncode, 3, done.stderr)
            self.assertIn("token", done.stderr)

    def test_guest_who_proves_nothing__is_sent_away(self):
        """However often he is heard. Eight such would keep everybody out."""
        self.start_agent(*PEERS)
        guest = self.tester.popen(sys.executable, "-c", TRICKLE, "192.0.2.2", PORT, stdout=subprocess.PIPE, text=True)
        out, _ = guest.communicate(timeout=60)
        self.assertLess(float(out), 10)

    def test_octets_used_up__ends_as_environment(self):
        self.start_agent(*PEERS, "--octets", "500")
        report = self.play(4, "--tester-address", "192.0.2.77", *PART, status=(3,))
        self.assertIn("used up", " ".join(run["reason"] for run in runs_of(report).values()))


class Loss(Lab):
    """The agent goes away while specs run."""

    def lose(self, number):
        child = self.start_agent(*PEERS)
        file = self.folder / "lost.json"
        tester = self.start(4, "--tester-address", "192.0.2.77", "--report", f"json:{file}", SPECS)
        give_up = time.monotonic() + 30
        while not self.sockets_left():
            self.assertLess(time.monotonic(), give_up, "no spec began")
        time.sleep(0.3)
        os.kill(child.pid, number)
        self.end(tester, (3,), 60)
        runs = runs_of(json.loads(file.read_text())).values()
        lost = [run for run in runs if "agent on the target is lost" in run["reason"]]
        self.assertGreater(len(lost), 100)
        self.assertEqual({run["verdict"] for run in lost}, {"inconclusive"})
        return child

    def test_killed__rest_is_inconclusive(self):
        self.lose(signal.SIGKILL)

    def test_silent__rest_is_inconclusive(self):
        self.lose(signal.SIGSTOP)

    def test_tester_killed__agent_ends_its_sockets(self):
        self.start_agent(*PEERS)
        tester = self.start(4, "--tester-address", "192.0.2.77", SPECS)
        give_up = time.monotonic() + 30
        while len(self.sockets_left()) < 3:
            self.assertLess(time.monotonic(), give_up, "no spec began")
        tester.kill()
        tester.communicate()
        give_up = time.monotonic() + 20
        while any(line.split()[0] in ("LISTEN", "ESTAB", "SYN-SENT") for line in self.sockets_left()):
            self.assertLess(time.monotonic(), give_up, "sockets outlive the session")
            time.sleep(0.05)
        self.assertGreater(len(decided(self.play(4, "--tester-address", "192.0.2.77", *SOME))), 10)


if __name__ == "__main__":
    reason = missing()
    if not reason and not shutil.which("setpriv"):
        reason = "setpriv is not installed"
    if reason:
        print(f"skipped: {reason}")
        sys.exit(77)
    unittest.main(argv=sys.argv[:1] + sys.argv[4:], verbosity=2)
