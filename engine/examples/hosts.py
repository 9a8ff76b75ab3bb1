"""What tests of the examples share: nginx, and the hosts started and stopped. Their argument is FOLDER_OF_PROGRAMS."""
import ctypes
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

PROGRAMS = pathlib.Path(sys.argv[1]).resolve()
KERNEL = {4: "192.0.2.1", 6: "[2001:db8::1]"}
ENGINE = {4: "192.0.2.2", 6: "[2001:db8::2]"}
MIB = 1 << 20
PATIENCE = 1200 if os.environ.get("TCPROVE_WHOLE") else 120
CLONE_NEWNET = 0x40000000
NGINX = """
daemon off; master_process off; user root; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
  access_log off; client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{ listen 80; listen [::]:80; root {folder}/www; }}
}}
"""


def missing():
    """Why the hosts cannot run here, or None. Where they can, this process is in a network namespace of its own."""
    for tool in ("curl", "nginx", "ip", "nft"):
        if shutil.which(tool, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin") is None:
            return f"{tool} is not installed"
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        return f"no network namespace: {os.strerror(ctypes.get_errno())}"
    try:
        os.close(os.open("/dev/net/tun", os.O_RDWR))
    except OSError as error:
        return f"/dev/net/tun: {error.strerror}"
    return None


def program(name):
    return str(PROGRAMS / f"example_{name}")


def same(one, other):
    with open(one, "rb") as a, open(other, "rb") as b:
        while True:
            octets = a.read(MIB)
            if octets != b.read(MIB):
                return False
            if not octets:
                return True


class Hosts(unittest.TestCase):
    """A namespace with nginx, and files of two sizes."""

    at_engine = []  # what begins a command where the engine is: here

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="tcprove-hosts-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.www = cls.folder / "www"
        cls.www.mkdir()
        (cls.www / "empty").touch()
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        # Nothing but the peers may wake a host: a kernel that looks for routers would hide one that sleeps too long.
        pathlib.Path("/proc/sys/net/ipv6/conf/default/router_solicitations").write_text("0")
        cls.nginx()

    @classmethod
    def write(cls, name, mib):
        with open(cls.www / name, "wb") as file:
            for _ in range(mib):
                file.write(os.urandom(MIB))

    @classmethod
    def nginx(cls):
        config = cls.folder / "nginx.conf"
        config.write_text(NGINX.format(folder=cls.folder))
        path = os.environ.get("PATH", "") + ":/usr/sbin"
        child = subprocess.Popen([shutil.which("nginx", path=path), "-c", config, "-p", cls.folder],
                                 stderr=subprocess.DEVNULL)
        cls.addClassCleanup(child.wait)
        cls.addClassCleanup(child.kill)
        subprocess.run(["curl", "-s", "--retry", "20", "--retry-connrefused", "--retry-delay", "1", "-o", "/dev/null",
                        "http://127.0.0.1/empty"], check=True, timeout=PATIENCE)

    def start(self, name, *words):
        """A host that serves; it says what it serves when it is ready."""
        child = subprocess.Popen([*self.at_engine, program(name), *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                 text=True)
        self.addCleanup(self.end, child)
        line = ""
        while " on " not in line:
            line = child.stdout.readline()
            self.assertNotEqual(line, "", child.stderr.read() if child.poll() is not None else "it ended")
            child.said = getattr(child, "said", "") + line
        return child

    def end(self, child):
        if child.poll() is None:
            child.kill()
        child.wait()
        child.stdout.close()
        child.stderr.close()

    def stop(self, child):
        """Ctrl-C. Returns all it said; it ends well and its device is gone."""
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=PATIENCE)
        self.assertEqual((child.returncode, err), (0, ""))
        self.assertNotIn("tcprove0", subprocess.check_output([*self.at_engine, "ip", "link"], text=True))
        return child.said + out

    def curl(self, url, *words, status=0):
        done = subprocess.run(["curl", "-sS", "--max-time", str(PATIENCE), "-w", "%{http_code}", *words, url],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stdout

    def curl_fetches(self, ip, name):
        file = self.folder / "out"
        self.assertEqual(self.curl(f"http://{ENGINE[ip]}/{name}", "-o", str(file)), "200")
        self.assertTrue(same(file, self.www / name))

    def engine_fetches(self, url, *options, status=0):
        file = self.folder / "out"
        done = subprocess.run([*self.at_engine, program("http_host"), *options, "fetch", url, file],
                              capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, status, done.stderr)
        return file, done.stdout + done.stderr


def main():
    reason = missing()
    if reason is not None:
        print(f"skipped: {reason}")
        sys.exit(77)
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=2)
