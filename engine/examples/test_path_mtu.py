"""The HTTP host on a path with a narrow place, which only ICMP tells of: test_path_mtu.py FOLDER_OF_PROGRAMS. 77: skipped.

The engine's 1500 octets fit its own link, and the peer's fit the peer's; between two routers they do not. Each router
says so to the side whose datagrams it drops, "fragmentation needed" or "packet too big".
"""
import pathlib
import socket
import subprocess

from hosts import ENGINE, MIB, PATIENCE, Hosts, main, same

PEER = {4: "203.0.113.1", 6: "[2001:db8:3::1]"}
NARROW = {4: "1400", 6: "1280"}


class Router:
    """A namespace that forwards. It lives as long as a process that waits for the end of its input."""

    def __init__(self):
        self.child = subprocess.Popen(["unshare", "--net", "cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.child.stdin.write(b"\n")
        self.child.stdin.flush()
        self.child.stdout.readline()  # it is in its namespace
        self.pid = str(self.child.pid)
        self.inside = ["nsenter", f"--net=/proc/{self.pid}/ns/net"]
        for setting in ("net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding", "net.ipv6.conf.default.forwarding"):
            self.run("sysctl", "-qw", f"{setting}=1")

    def run(self, *words):
        return subprocess.check_output([*self.inside, *words], text=True)

    def address(self, link, *addresses):
        for address in addresses:
            self.run("ip", "address", "add", address, "dev", link, *(["nodad"] if ":" in address else []))
        self.run("ip", "link", "set", link, "up")

    def too_big(self):
        """Datagrams dropped because they did not fit, of both versions of IP."""
        ipv4 = self.run("cat", "/proc/net/snmp").splitlines()
        names, values = (line.split() for line in ipv4 if line.startswith("Ip: "))
        ipv6 = dict(line.split() for line in self.run("cat", "/proc/net/snmp6").splitlines())
        return int(dict(zip(names, values))["FragFails"]) + int(ipv6["Ip6FragFails"])

    def end(self):
        self.child.communicate()


class Narrow(Hosts):
    """engine - near router - far router - this namespace; the narrow place is between the routers."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.write("big", 100)
        cls.near, cls.far = Router(), Router()
        cls.addClassCleanup(cls.near.end)
        cls.addClassCleanup(cls.far.end)
        cls.at_engine = cls.near.inside
        cls.near.run("ip", "link", "add", "narrow", "type", "veth", "peer", "name", "narrow", "netns", cls.far.pid)
        subprocess.check_call(["ip", "link", "add", "wide", "type", "veth", "peer", "name", "wide", "netns", cls.far.pid])
        cls.near.address("narrow", "198.51.100.1/24", "2001:db8:2::1/64")
        cls.far.address("narrow", "198.51.100.2/24", "2001:db8:2::2/64")
        cls.far.address("wide", "203.0.113.2/24", "2001:db8:3::2/64")
        cls.near.run("ip", "route", "add", "203.0.113.0/24", "via", "198.51.100.2")
        cls.near.run("ip", "-6", "route", "add", "2001:db8:3::/64", "via", "2001:db8:2::2")
        cls.far.run("ip", "route", "add", "192.0.2.0/24", "via", "198.51.100.1")
        cls.far.run("ip", "-6", "route", "add", "2001:db8::/64", "via", "2001:db8:2::1")
        for words in ("address add 203.0.113.1/24 dev wide", "address add 2001:db8:3::1/64 dev wide nodad",
                      "link set wide up", "route add default via 203.0.113.2", "-6 route add default via 2001:db8:3::2"):
            subprocess.check_call(["ip", *words.split()])

    def setUp(self):
        self.set_mtu("1500")

    def set_mtu(self, octets):
        """And this host forgets what it was told of the path."""
        for router in (self.near, self.far):
            router.run("ip", "link", "set", "narrow", "mtu", octets)
        for version in ("-4", "-6"):
            subprocess.check_call(["ip", version, "route", "flush", "cache"])

    def test_serve__narrow_from_the_start__100_mib_arrive_intact(self):
        host = self.start("http_host", "serve", str(self.www))
        for ip in (4, 6):
            with self.subTest(ip=ip):
                self.set_mtu(NARROW[ip])
                before = self.near.too_big()
                self.curl_fetches(ip, "big")
                self.assertGreater(self.near.too_big(), before)
        self.stop(host)

    def test_serve__narrower_in_mid_transfer__rest_arrives_intact(self):
        """RFC 5927 section 7.2: large segments have arrived, and so the claim is believed once one times out."""
        host = self.start("http_host", "serve", str(self.www))
        for ip in (4, 6):
            with self.subTest(ip=ip):
                self.set_mtu("1500")
                before = self.near.too_big()
                self.assertEqual(self.fetch_slowly(ip), (self.www / "big").read_bytes())
                self.assertGreater(self.near.too_big(), before)
        self.stop(host)

    def fetch_slowly(self, ip):
        """The path narrows when large segments have gone through."""
        octets = bytearray()
        with socket.socket({4: socket.AF_INET, 6: socket.AF_INET6}[ip]) as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, MIB)
            client.settimeout(PATIENCE)
            client.connect((ENGINE[ip].strip("[]"), 80))
            client.send(b"GET /big HTTP/1.0\r\n\r\n")
            while len(octets) < MIB:
                octets += client.recv(65536)
            self.set_mtu(NARROW[ip])
            while more := client.recv(MIB):
                octets += more
        return bytes(octets[octets.index(b"\r\n\r\n") + 4:])

    def test_fetch__narrow_from_the_start__100_mib_arrive_intact(self):
        for ip in (4, 6):
            with self.subTest(ip=ip):
                self.set_mtu(NARROW[ip])
                before = self.far.too_big()
                file, said = self.engine_fetches(f"http://{PEER[ip]}/big")
                self.assertTrue(same(file, self.www / "big"))
                self.assertIn(f"{100 * MIB} octets in", said)
                self.assertGreater(self.far.too_big(), before)


if __name__ == "__main__":
    main()
