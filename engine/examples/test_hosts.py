"""The examples on a TUN device against real peers: test_hosts.py FOLDER_OF_PROGRAMS. Exit status 77: skipped.

curl fetches from the engine and the engine from nginx, over IPv4 and IPv6: 100 MiB on a clean link, 1 MiB where 5 % of
all datagrams are lost, as many come twice and as many too late, in each direction. TCPROVE_WHOLE=1: 100 MiB there too.
"""
import os
import pathlib
import random
import re
import socket
import subprocess
import sys
import unittest

from hosts import ENGINE, KERNEL, MIB, PATIENCE, Hosts, main, program, same

HERE = pathlib.Path(__file__).resolve().parent
BAD = ("--loss", "5", "--duplicate", "5", "--reorder", "5")


def checksum(octets):
    octets = bytes(octets) + bytes(len(octets) % 2)
    total = sum(octets[0::2]) * 256 + sum(octets[1::2])
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return (~total & 0xFFFF).to_bytes(2, "big")


def with_checksum(octets, protocol, chance):
    """Give most of what is long enough the checksum it needs to be taken seriously."""
    at = 16 if protocol == socket.IPPROTO_TCP else 2
    if len(octets) < 20 or chance.randrange(4) == 0:
        return
    octets[at:at + 2] = bytes(2)
    ends = socket.inet_aton("192.0.2.1") + socket.inet_aton("192.0.2.2")
    pseudo = ends + bytes((0, 6)) + len(octets).to_bytes(2, "big") if protocol == socket.IPPROTO_TCP else b""
    octets[at:at + 2] = checksum(pseudo + octets)


class OnTheDevice(Hosts):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.write("big", 100)
        cls.write("small", 100 if os.environ.get("TCPROVE_WHOLE") else 1)

    def was_bad(self, said):
        """The shim did what it was asked to."""
        for direction in ("in", "out"):
            counts = re.search(rf"^{direction}: (\d+) datagrams, (\d+) lost, (\d+) duplicated, (\d+) reordered$", said,
                               re.MULTILINE)
            self.assertIsNotNone(counts, said)
            self.assertNotIn("0", counts.groups(), said)

    def test_serve__clean__curl_gets_100_mib_intact(self):
        host = self.start("http_host", "serve", str(self.www))
        for ip in (4, 6):
            with self.subTest(ip=ip):
                self.curl_fetches(ip, "big")
                self.curl_fetches(ip, "empty")
        self.stop(host)

    def test_serve__bad_network__curl_gets_it_intact(self):
        host = self.start("http_host", *BAD, "serve", str(self.www))
        for ip in (4, 6):
            with self.subTest(ip=ip):
                self.curl_fetches(ip, "small")
        self.was_bad(self.stop(host))

    def test_fetch__clean__nginx_serves_100_mib_intact(self):
        for ip in (4, 6):
            with self.subTest(ip=ip):
                file, said = self.engine_fetches(f"http://{KERNEL[ip]}/big")
                self.assertTrue(same(file, self.www / "big"))
                self.assertIn(f"{100 * MIB} octets in", said)

    def test_fetch__bad_network__nginx_serves_it_intact(self):
        for ip in (4, 6):
            with self.subTest(ip=ip):
                file, said = self.engine_fetches(f"http://{KERNEL[ip]}/small", *BAD)
                self.assertTrue(same(file, self.www / "small"))
                self.was_bad(said)

    def test_serve__many_at_once__each_gets_its_own(self):
        host = self.start("http_host", "serve", str(self.www))
        files = [self.folder / f"out{n}" for n in range(20)]
        words = [word for file in files for word in ("-o", str(file), f"http://{ENGINE[4]}/small")]
        subprocess.run(["curl", "-sS", "-Z", "--parallel-immediate", *words], check=True, timeout=PATIENCE,
                       stderr=subprocess.DEVNULL)
        for file in files:
            self.assertTrue(same(file, self.www / "small"))
        self.stop(host)

    def test_serve__no_such_file__404(self):
        host = self.start("http_host", "serve", str(self.www))
        for name in ("none", "..%2fnginx.conf", "../nginx.conf", ".", "", "a" * 300):
            self.assertIn(self.curl(f"http://{ENGINE[4]}/{name}", "--path-as-is"), ("404", "400"), name)
        self.assertEqual(self.curl(f"http://{ENGINE[4]}/small", "-X", "PUT"), "400")
        self.assertEqual(self.curl(f"http://{ENGINE[4]}/small", "-o", "/dev/null", "-H", "A: " + "b" * 3000), "200")
        self.stop(host)

    def test_serve__nobody_listens__connection_refused(self):
        host = self.start("http_host", "--port", "8080", "serve", str(self.www))
        self.curl(f"http://{ENGINE[4]}/small", status=7)
        self.assertEqual(self.curl(f"http://{ENGINE[4]}:8080/small", "-o", "/dev/null"), "200")
        self.stop(host)

    def test_serve__request_on_the_ack_of_the_handshake__is_answered(self):
        host = self.start("http_host", "serve", str(self.www))
        with socket.socket() as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 10)  # the kernel holds the bare ACK back
            client.settimeout(PATIENCE)
            client.connect((ENGINE[4], 80))
            client.send(b"GET /empty HTTP/1.0\r\n\r\n")
            self.assertTrue(client.recv(100).startswith(b"HTTP/1.0 200 OK"))
        self.stop(host)

    def test_serve__interrupted__open_connections_are_reset(self):
        host = self.start("http_host", "serve", str(self.www))
        client = socket.create_connection((ENGINE[4], 80), timeout=PATIENCE)
        client.send(b"GET /big HTTP/1.0\r\n\r\n")
        self.assertTrue(client.recv(100).startswith(b"HTTP/1.0 200 OK"))
        self.stop(host)
        with self.assertRaises(ConnectionResetError):
            while client.recv(65536):
                pass
        client.close()

    def test_fetch__fails__says_why(self):
        for url, why in ((f"http://{KERNEL[4]}/none", "404 Not Found"),
                         (f"http://{KERNEL[6]}:81/none", "connection refused"),
                         ("http://192.0.2.1", "no URL"), ("http://localhost/x", "no URL"),
                         ("http://192.0.2.1:99999/x", "no URL"), ("http://224.0.0.1/x", "not unicast")):
            with self.subTest(url=url):
                self.assertIn(why, self.engine_fetches(url, status=1)[1])

    def test_fetch__port_unreachable__says_so(self):
        """An ICMP error that quotes the SYN ends the attempt at once (SHLD-26)."""
        for word in ("table inet hosts", "chain inet hosts input { type filter hook input priority 0 ; }",
                     "rule inet hosts input tcp dport 82 reject with icmpx type port-unreachable"):
            subprocess.run(["nft", "add", *word.split()], check=True)
        self.addCleanup(subprocess.run, ["nft", "delete", "table", "inet", "hosts"], check=True)
        for ip in (4, 6):
            with self.subTest(ip=ip):
                self.assertIn("cannot be reached", self.engine_fetches(f"http://{KERNEL[ip]}:82/x", status=1)[1])

    def test_serve__more_idle_peers_than_slots__others_are_served(self):
        host = self.start("http_host", "serve", str(self.www))
        idle = [socket.create_connection((ENGINE[4], 80), timeout=PATIENCE) for _ in range(600)]
        for n, peer in enumerate(idle):
            self.addCleanup(peer.close)
            peer.settimeout(PATIENCE)
            if n >= 500:
                peer.send(b"GET /empty HTTP/1.0\r\n\r\n")
                self.assertTrue(peer.recv(100).startswith(b"HTTP/1.0 200 OK"))
        self.curl_fetches(4, "small")
        self.stop(host)

    def test_serve__garbage__is_passed_over(self):
        """Octets no TCP would send, as TCP and ICMP, some with what a header needs to be read further."""
        host = self.start("http_host", "serve", str(self.www))
        chance = random.Random(1)
        for protocol, least in ((socket.IPPROTO_TCP, 0), (socket.IPPROTO_ICMP, 8)):  # the kernel sends no less
            with socket.socket(socket.AF_INET, socket.SOCK_RAW, protocol) as raw:
                for _ in range(2000):
                    octets = bytearray(chance.randbytes(chance.randrange(least, 80)))
                    if protocol == socket.IPPROTO_ICMP and len(octets) > 8:
                        octets[0:2] = 3, chance.randrange(16)
                        octets[8] = chance.choice((0x45, 0x4F, 0x60, 0x41))
                    with_checksum(octets, protocol, chance)
                    raw.sendto(octets, ("192.0.2.2", 0))
        self.curl_fetches(4, "small")
        self.stop(host)

    def test_command_line__wrong__usage(self):
        for name, words in (("http_host", ["serve"]), ("http_host", ["--loss", "101", "serve", "/"]),
                            ("http_host", ["--port", "x", "serve", "/"]), ("http_host", ["--none"]),
                            ("echo_host", ["--connections", "0"]), ("echo_host", ["more"])):
            with self.subTest(words=words):
                done = subprocess.run([program(name), *words], capture_output=True, text=True, timeout=PATIENCE)
                self.assertEqual(done.returncode, 2)
                self.assertIn("--help", done.stderr)
        for name in ("http_host", "echo_host"):
            self.assertIn("usage:", subprocess.check_output([program(name), "--help"], text=True))
        done = subprocess.run([program("http_host"), "serve", self.folder / "none"], capture_output=True, text=True)
        self.assertEqual((done.returncode, "No such file" in done.stderr), (1, True))

    def test_echo__ten_thousand_connections__each_gets_its_own_text(self):
        for address in ("192.0.2.2", "2001:db8::2"):
            with self.subTest(address=address):
                host = self.start("echo_host")
                done = subprocess.run([sys.executable, HERE / "echo_clients.py", address, "7", "10000"],
                                      capture_output=True, text=True, timeout=PATIENCE)
                self.assertEqual(done.stdout, "10000 connections got back what they sent\n", done.stderr)
                said = self.stop(host)
                self.assertIn("at most 10000 connections at a time", said)
                each = int(re.search(r"octets of host, (\d+) each", said).group(1))
                self.assertLessEqual(each, 512 + 64 + 64 + 20)  # slot, TIME-WAIT entry, and their share of the rest

    def test_echo__bad_network__texts_come_back(self):
        host = self.start("echo_host", *BAD)
        done = subprocess.run([sys.executable, HERE / "echo_clients.py", "192.0.2.2", "7", "50"], capture_output=True,
                              text=True, timeout=PATIENCE)
        self.assertEqual(done.stdout, "50 connections got back what they sent\n", done.stderr)
        self.was_bad(self.stop(host))


if __name__ == "__main__":
    main()
