"""Target remote:ADDR against real peers in namespaces: test_remote.py PROGRAM SOURCE_FOLDER. Exit status 77: skipped.

The whole suite is run on the link over IPv4, a part of it elsewhere; TCPROVE_WHOLE=1 runs the whole everywhere.
"""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from lab import Capture, Space, missing, wire
from shim import Shim

PROGRAM = pathlib.Path(sys.argv[1]).resolve()
SOURCE = pathlib.Path(sys.argv[2]).resolve()
SPECS = SOURCE / "specs"
LINUX = SPECS / "expect" / "linux.yaml"
SOME = SPECS / "rfc2018"
CORE = [SPECS / "rfc9293" / name for name in ("3.5-establishing", "3.5.2-reset", "3.5.3-reset-processing", "3.6-closing",
                                              "3.10.7-matrix")]
PART = [SPECS] if os.environ.get("TCPROVE_WHOLE") else CORE
DECIDED = ("pass", "fail", "deviation")
ECHO, DISCARD = "7", "9"
TARGETS = {4: "192.0.2.2", 6: "[2001:db8::2]"}
STATIONS = {4: "192.0.2.77", 6: "2001:db8::77"}


def verdicts(report, target=0):
    return {(run["name"], run["cell"], run["ip"]): run for run in report["targets"][target]["runs"]}


def decided(report):
    return {key: run["verdict"] for key, run in verdicts(report).items() if run["verdict"] in DECIDED}


class Lab(unittest.TestCase):
    """Tester and target on one link."""

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp())
        cls.spaces = []
        cls.addClassCleanup(cls.tear_down)
        cls.make()

    @classmethod
    def make(cls):
        cls.tester, cls.peer = cls.space("tester"), cls.space("peer")
        wire(cls.tester, cls.peer, "veth0", "eth0")
        cls.tester.address("veth0", "192.0.2.1/24", "2001:db8::1/64")
        cls.peer.address("eth0", "192.0.2.2/24", "2001:db8::2/64")
        cls.serve()

    @classmethod
    def serve(cls):
        cls.peer.service("echo", int(ECHO))
        cls.peer.service("discard", int(DISCARD))

    @classmethod
    def space(cls, name):
        cls.spaces.append(Space(name))
        return cls.spaces[-1]

    @classmethod
    def tear_down(cls):
        for space in cls.spaces:
            space.end()
        shutil.rmtree(cls.folder)

    def words(self, target, *options):
        return [str(PROGRAM), "run", "--target", f"remote:{target}", "--expect", str(LINUX), *map(str, options)]

    def start(self, target, *options):
        return self.tester.popen(*self.words(target, *options), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                 text=True)

    def play(self, target, *options, status=(0, 1)):
        """Run to the end. Returns the JSON report."""
        file = self.folder / f"{len(list(self.folder.iterdir()))}.json"
        child = self.start(target, "--report", f"json:{file}", "--quiet", *options)
        out, err = child.communicate(timeout=120)
        self.assertIn(child.returncode, status, out + err)
        self.assertNotIn("stale", err)
        return json.loads(file.read_text())

    def refuse(self, target, *options, status=3):
        """What it says when it does not begin."""
        child = self.start(target, *options, SOME)
        _, err = child.communicate(timeout=60)
        self.assertEqual(child.returncode, status, err)
        return err

    def against_kernel(self, report, ip):
        """The runs that both have decided, and those of them where they say different things."""
        remote = decided(report)
        runs = verdicts(report)
        files = sorted({runs[key]["spec"] for key in remote})
        file = self.folder / "kernel.json"
        subprocess.run([PROGRAM, "run", "--target", "kernel", "--expect", LINUX, "--quiet", "--ip", str(ip), "--report",
                        f"json:{file}", *files], timeout=120, stdout=subprocess.DEVNULL, check=False)
        kernel = decided(json.loads(file.read_text()))
        both = remote.keys() & kernel.keys()
        return len(both), {key: (remote[key], kernel[key], runs[key]["reason"])
                           for key in both if remote[key] != kernel[key]}

    def as_kernel(self, report, ip):
        """This machine's kernel is the peer's, so each must say of it the same."""
        both, different = self.against_kernel(report, ip)
        self.assertEqual(different, {})
        return both

    def no_connection_is_left(self, space=None, port=ECHO):
        left = (space or self.peer).run("ss", "-Htan", "state", "connected", f"sport = :{port}")
        self.assertEqual(left.strip(), "")


class OnTheLink(Lab):
    def own_address(self, ip, specs):
        capture = Capture(self.tester, "veth0")
        report = self.play(f"{TARGETS[ip]}:{ECHO}", "--tester-address", STATIONS[ip], "--service", "echo", *specs)
        frames = capture.end()
        self.assertGreater(self.as_kernel(report, ip), 80)
        self.no_connection_is_left()
        mac = bytes.fromhex(self.tester.run("cat", "/sys/class/net/veth0/address").strip().replace(":", ""))
        tcp = [octets for out, octets in frames if out and octets[23 if ip == 4 else 20] == 6]
        self.assertGreater(len(tcp), 500)
        self.assertEqual([octets for octets in tcp if octets[6:12] == mac], [], "the kernel has sent a segment")

    def test_own_address_ipv4__verdicts_are_those_of_kernel(self):
        self.own_address(4, [SPECS])

    def test_own_address_ipv6__verdicts_are_those_of_kernel(self):
        self.own_address(6, PART)

    def host_address(self, ip):
        """The kernel's own output passes the filter's output hook, a raw socket's does not."""
        self.tester.run("nft", "table inet watch { chain out { type filter hook output priority 0; meta l4proto tcp "
                        "counter; }; }")
        report = self.play(f"{TARGETS[ip]}:{DISCARD}", "--service", "discard", *PART)
        self.assertIn("packets 0 bytes 0", self.tester.run("nft", "list", "table", "inet", "watch"))
        self.tester.run("nft", "delete", "table", "inet", "watch")
        self.assertIn("this host's", report["targets"][0]["profile"])
        self.assertGreater(self.as_kernel(report, ip), 80)
        self.no_connection_is_left(port=DISCARD)
        self.assertEqual(self.tester.run("nft", "list", "tables"), "")

    def test_host_address_ipv4__kernel_is_silent_and_filter_goes(self):
        self.host_address(4)

    def test_host_address_ipv6__kernel_is_silent_and_filter_goes(self):
        self.host_address(6)

    def test_address_found_free__is_used(self):
        report = self.play(f"192.0.2.2:{ECHO}", "--tester-address", "auto", "--service", "echo", SOME)
        self.assertRegex(report["targets"][0]["profile"], r"from 192\.0\.2\.\d+ \(an address of its own\)")
        self.assertGreater(len(decided(report)), 3)

    def test_nothing_named__only_the_closed_port_is_asked(self):
        report = self.play("192.0.2.2", "--tester-address", STATIONS[4], *sorted((SPECS / "rfc9293" / "3.10.7-matrix").glob("closed-*.yaml")))
        reasons = {run["reason"] for run in verdicts(report).values() if run["verdict"] == "skip"}
        self.assertGreater(len(decided(report)), 0)
        self.assertEqual([reason for reason in reasons if "control" not in reason and "port" not in reason], [])

    def test_service_unknown__nothing_is_passed_or_failed_that_echo_decides_otherwise(self):
        echo = decided(self.play(f"192.0.2.2:{ECHO}", "--tester-address", STATIONS[4], "--service", "echo", *PART))
        none = decided(self.play(f"192.0.2.2:{ECHO}", "--tester-address", STATIONS[4], *PART))
        self.assertGreater(len(none), 80)
        self.assertEqual({key: verdict for key, verdict in none.items() if echo.get(key, verdict) != verdict}, {})


class Filter(Lab):
    """The packet filter never outlives its process."""

    def tables(self):
        return re.findall(r"tcprove_\w+", self.tester.run("nft", "list", "tables"))

    def begin(self):
        """Connections of a run that was killed are left: new ones are looked for."""
        self.before = before = self.connections()
        child = self.start(f"192.0.2.2:{ECHO}", "--service", "echo", SPECS)
        give_up, begun = time.monotonic() + 20, set()
        while len(begun) < 3:
            begun |= self.connections() - before
            self.assertLess(time.monotonic(), give_up, "no spec began")
        self.assertEqual(len(self.tables()), 1)
        return child

    def connections(self):
        left = self.peer.run("ss", "-Htan", "state", "established", f"sport = :{ECHO}")
        return {line.split()[-1] for line in left.splitlines()}

    def program_of(self, child):
        """`ip netns exec` becomes the program."""
        return child.pid

    def gone_soon(self):
        give_up = time.monotonic() + 5
        while self.tables():
            self.assertLess(time.monotonic(), give_up, "the filter outlives tcprove")
            time.sleep(0.05)

    def end(self, number):
        child = self.begin()
        os.kill(self.program_of(child), number)
        child.communicate(timeout=60)
        self.gone_soon()
        return child.returncode

    def test_interrupted__filter_goes_and_connections(self):
        self.assertEqual(self.end(signal.SIGINT), 130)
        self.assertEqual(self.connections() - self.before, set())

    def test_killed__filter_goes(self):
        self.assertEqual(self.end(signal.SIGKILL), -signal.SIGKILL)

    def test_keeper_killed_too__filter_goes(self):
        child = self.begin()
        keeper = int(self.tables()[0].split("_")[1])
        os.kill(keeper, signal.SIGSTOP)
        os.kill(self.program_of(child), signal.SIGKILL)
        os.kill(keeper, signal.SIGKILL)
        child.communicate(timeout=60)
        self.gone_soon()

    def test_left_by_a_crash__is_removed_at_the_next_start(self):
        for name in ("tcprove_4194000_17", f"tcprove_{os.getpid()}_1", "tcprove_other"):
            self.tester.run("nft", "add", "table", "netdev", name)
        began = pathlib.Path("/proc/self/stat").read_text().rsplit(")", 1)[1].split()[19]
        living = f"tcprove_{os.getpid()}_{began}"
        self.tester.run("nft", "add", "table", "netdev", living)
        self.play(f"192.0.2.2:{ECHO}", "--service", "echo", SOME)
        self.assertEqual(sorted(self.tables()), sorted([living, "tcprove_other"]))
        for name in (living, "tcprove_other"):
            self.tester.run("nft", "delete", "table", "netdev", name)

    def test_running__has_no_rights(self):
        child = self.begin()
        status = pathlib.Path(f"/proc/{self.program_of(child)}/status").read_text()
        threads = [path.read_text() for path in pathlib.Path(f"/proc/{child.pid}/task").glob("*/status")]
        child.send_signal(signal.SIGINT)
        child.communicate(timeout=60)
        self.assertIn("NoNewPrivs:\t1", status)
        self.assertGreater(len(threads), 2)
        for thread in threads:
            self.assertRegex(thread, r"CapEff:\s+0+\n")
            self.assertRegex(thread, r"CapPrm:\s+0+\n")


class Safety(Lab):
    def test_doctor__looks_without_a_suite_run(self):
        doctor = [str(PROGRAM), "doctor", f"remote:192.0.2.2:{ECHO}", "--tester-address", STATIONS[4]]
        child = self.tester.popen(*doctor, "--service", "echo", stdout=subprocess.PIPE, text=True)
        out, _ = child.communicate(timeout=60)
        self.assertEqual(child.returncode, 0, out)
        self.assertIn("ok    rights: raw sockets", out)
        self.assertIn("round trip", out)
        self.assertIn("ok    connection: opened", out)
        self.assertRegex(out, r"challenge ACKs: \d+ of 10 at once")
        self.no_connection_is_left()

    def test_checksums_left_to_hardware__are_told(self):
        """A veth pair that nobody has prepared carries them as they are."""
        self.peer.run("ethtool", "-K", "eth0", "tx", "on")
        self.addCleanup(self.peer.run, "ethtool", "-K", "eth0", "tx", "off")
        self.assertIn("tx off", self.refuse(f"192.0.2.2:{DISCARD}", "--tester-address", STATIONS[4]))
        self.no_connection_is_left(port=DISCARD)

    def test_address_taken__is_refused(self):
        self.assertIn("is taken", self.refuse(f"192.0.2.2:{ECHO}", "--tester-address", "192.0.2.2"))
        self.assertIn("is taken", self.refuse(f"[2001:db8::2]:{ECHO}", "--tester-address", "2001:db8::2"))

    def test_address_of_this_host__is_refused_as_tester_and_as_target(self):
        self.assertIn("this host's own", self.refuse(f"192.0.2.2:{ECHO}", "--tester-address", "192.0.2.1"))
        self.assertIn("--target kernel", self.refuse("192.0.2.1:80"))

    def test_public_address__wants_the_flag(self):
        self.tester.run("ip", "route", "add", "8.8.8.8/32", "dev", "veth0")
        capture = Capture(self.tester, "veth0")
        self.assertIn("--i-may-test-this-host", self.refuse("8.8.8.8:53", "--tester-address", "192.0.2.77"))
        self.assertEqual(capture.end(), [])
        self.assertIn("does not answer", self.refuse("8.8.8.8:53", "--tester-address", "192.0.2.77",
                                                     "--i-may-test-this-host"))

    def test_allow_list__says_what_may_be_tested(self):
        allowed = self.folder / "allowed"
        allowed.write_text("# the lab\n192.0.2.2:7  # its echo service\n2001:db8::2\n")
        self.assertIn("not in the list", self.refuse("192.0.2.2:9", "--allow-list", allowed))
        self.assertIn("not in the list", self.refuse("192.0.2.3:7", "--allow-list", allowed))
        self.assertIn("cannot be read", self.refuse("192.0.2.2:7", "--allow-list", self.folder / "nothing"))
        self.play("192.0.2.2:7", "--tester-address", STATIONS[4], "--allow-list", allowed, SOME)
        self.play("[2001:db8::2]:9", "--tester-address", STATIONS[6], "--allow-list", allowed, SOME)

    def test_nobody_there__says_who(self):
        self.assertIn("192.0.2.3 does not answer on veth0", self.refuse("192.0.2.3:7", "--tester-address", "192.0.2.77"))
        self.assertIn("nothing listens on port 81", self.refuse("192.0.2.2:81", "--tester-address", "192.0.2.77"))
        self.assertIn("no route", self.refuse("198.51.100.1:7", "--tester-address", "192.0.2.77"))
        self.assertIn("no interface 'eth9'", self.refuse("192.0.2.2:7", "--interface", "eth9"))

    def test_rate__is_kept(self):
        capture = Capture(self.peer, "eth0")
        self.play(f"192.0.2.2:{ECHO}", "--tester-address", STATIONS[4], "--service", "echo", "--rate", "40", SOME)
        began = time.monotonic()
        self.play(f"192.0.2.2:{ECHO}", "--tester-address", STATIONS[4], "--service", "echo", "--rate", "40", SOME)
        took = time.monotonic() - began
        sent = len([octets for out, octets in capture.end() if not out]) / 2
        self.assertGreater(sent, 60)
        self.assertLess(sent, 32 + 40 * took)

    def test_connections__are_never_more(self):
        child = self.start(f"192.0.2.2:{ECHO}", "--tester-address", STATIONS[4], "--service", "echo", "--connections",
                           "3", SPECS / "rfc9293" / "3.10.7-matrix")
        most = 0
        while child.poll() is None:
            connections = self.peer.run("ss", "-Htan", "state", "connected", f"sport = :{ECHO}")
            most = max(most, len(connections.splitlines()))
            if most and time.monotonic() % 1 > 0.9:
                time.sleep(0.05)
        child.communicate()
        self.assertGreater(most, 0)
        self.assertLessEqual(most, 3)

    def test_target_falls_silent__ends_soon_with_what_was_obtained(self):
        file = self.folder / "silent.json"
        child = self.start(f"192.0.2.2:{ECHO}", "--tester-address", STATIONS[4], "--service", "echo", "--jobs", "8",
                           "--report", f"json:{file}", SPECS)
        give_up = time.monotonic() + 20
        while not self.peer.run("ss", "-Htan", "state", "established", f"sport = :{ECHO}").strip():
            self.assertLess(time.monotonic(), give_up, "no spec began")
        time.sleep(0.3)
        self.peer.run("ip", "link", "set", "eth0", "down")
        began = time.monotonic()
        child.communicate(timeout=120)
        self.assertLess(time.monotonic() - began, 60)
        self.peer.run("ip", "link", "set", "eth0", "up")
        self.peer.address("eth0", "2001:db8::2/64")  # Linux drops it with the link
        self.assertEqual(child.returncode, 3)
        runs = verdicts(json.loads(file.read_text()))
        gone = [run for run in runs.values() if "stopped answering" in run["reason"]]
        self.assertGreater(len(gone), 20)
        self.assertEqual({run["verdict"] for run in gone}, {"inconclusive"})
        self.assertGreater(len([run for run in runs.values() if run["verdict"] == "pass"]), 0)


class BehindARouter(Lab):
    @classmethod
    def make(cls):
        cls.tester, cls.router, cls.peer = (cls.space(name) for name in ("tester", "router", "peer"))
        wire(cls.tester, cls.router, "veth0", "left")
        wire(cls.router, cls.peer, "right", "eth0")
        cls.router.sysctl("net.ipv4.ip_forward", 1)
        cls.router.sysctl("net.ipv6.conf.all.forwarding", 1)
        cls.tester.address("veth0", "198.51.100.1/24", "2001:db8:1::1/64")
        cls.router.address("left", "198.51.100.254/24", "2001:db8:1::fe/64")
        cls.router.address("right", "192.0.2.254/24", "2001:db8::fe/64")
        cls.peer.address("eth0", "192.0.2.2/24", "2001:db8::2/64")
        for space, ipv4, ipv6 in ((cls.tester, "198.51.100.254", "2001:db8:1::fe"),
                                  (cls.peer, "192.0.2.254", "2001:db8::fe")):
            space.run("ip", "route", "add", "default", "via", ipv4)
            space.run("ip", "-6", "route", "add", "default", "via", ipv6)
        cls.serve()

    def test_ipv4__verdicts_are_those_of_kernel(self):
        report = self.play(f"192.0.2.2:{ECHO}", "--tester-address", "198.51.100.77", "--service", "echo", *PART)
        self.assertGreater(self.as_kernel(report, 4), 80)
        self.no_connection_is_left()

    def test_ipv6__verdicts_are_those_of_kernel(self):
        report = self.play(f"[2001:db8::2]:{ECHO}", "--tester-address", "auto", "--service", "echo", *PART)
        self.assertGreater(self.as_kernel(report, 6), 80)
        self.no_connection_is_left()

    def test_host_address__works_too(self):
        report = self.play(f"192.0.2.2:{ECHO}", "--service", "echo", SOME)
        self.assertGreater(len(decided(report)), 3)


class OverABadNetwork(Lab):
    """Delay, jitter and loss by a bridge of the test's own."""

    @classmethod
    def make(cls):
        cls.tester, cls.middle, cls.peer = (cls.space(name) for name in ("tester", "middle", "peer"))
        wire(cls.tester, cls.middle, "veth0", "left")
        wire(cls.middle, cls.peer, "right", "eth0")
        cls.tester.address("veth0", "192.0.2.1/24", "2001:db8::1/64")
        cls.peer.address("eth0", "192.0.2.2/24", "2001:db8::2/64")
        cls.serve()

    def through(self, ip, **options):
        shim = Shim(self.middle, "left", "right", **options)
        try:
            return self.play(f"{TARGETS[ip]}:{ECHO}", "--tester-address", STATIONS[ip], "--service", "echo", *PART,
                             status=(0, 1, 3))
        finally:
            shim.end()

    def delayed(self, ip):
        report = self.through(ip, delay=0.02, jitter=0.005)
        self.assertRegex(report["targets"][0]["profile"], r"round trip 4\d\.")
        self.assertGreater(self.as_kernel(report, ip), 80)

    def test_delay_and_jitter_ipv4__verdicts_are_those_of_kernel(self):
        self.delayed(4)

    def test_delay_and_jitter_ipv6__verdicts_are_those_of_kernel(self):
        self.delayed(6)

    def lossy(self, ip):
        """One run in ten loses a segment."""
        report = self.through(ip, loss=0.02)
        both, different = self.against_kernel(report, ip)
        self.assertGreater(both, 80)
        self.assertEqual(different, {})
        runs = verdicts(report).values()
        self.assertLess(len([run for run in runs if run["verdict"] == "inconclusive"]), 0.15 * both)
        self.assertGreater(len([run for run in runs if run["attempts"] > 1]), 0)

    def test_loss_ipv4__is_no_verdict(self):
        self.lossy(4)

    def test_loss_ipv6__is_no_verdict(self):
        self.lossy(6)


@unittest.skipUnless(shutil.which("nginx"), "nginx is not installed")
class Nginx(Lab):
    @classmethod
    def serve(cls):
        page = cls.folder / "nginx.conf"
        page.write_text(f"daemon off; pid {cls.folder}/pid; error_log stderr; worker_processes 1; user root;\n"
                        "events {}\nhttp { access_log off; server { listen 80; listen [::]:80; root /nowhere; } }\n")
        cls.peer.popen("nginx", "-c", str(page), stderr=subprocess.DEVNULL)
        give_up = time.monotonic() + 10
        while ":80" not in cls.peer.run("ss", "-Htln"):
            if time.monotonic() > give_up:
                raise RuntimeError("nginx does not start")

    def unknown(self, ip):
        report = self.play(f"{TARGETS[ip]}:80", "--tester-address", STATIONS[ip], *PART)
        self.assertGreater(self.as_kernel(report, ip), 80)
        self.no_connection_is_left(port=80)

    def test_no_agent_ipv4__verdicts_are_those_of_kernel(self):
        self.unknown(4)

    def test_no_agent_ipv6__verdicts_are_those_of_kernel(self):
        self.unknown(6)


if __name__ == "__main__":
    reason = missing()
    if reason:
        print(f"skipped: {reason}")
        sys.exit(77)
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
