"""What the tests of tcprove's commands share. Their arguments are PROGRAM and SOURCE_FOLDER."""
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

PROGRAM = pathlib.Path(sys.argv[1]).resolve()
SOURCE = pathlib.Path(sys.argv[2]).resolve()

PASSES = """\
title: A SYN to a closed port is refused
covers: [MUST-14, SHLD-29]
why: For the test of the program.
ip: [4]
steps:
  - inject: <SEQ=100><CTL=SYN>
  - expect: <SEQ=0><ACK=101><CTL=RST,ACK>
"""
FAILS = PASSES.replace("ACK=101", "ACK=102").replace("is refused", "is refused twice")


class Program(unittest.TestCase):
    """The program, and a suite of its own for each test."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tcprove-cli-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.specs = self.folder / "specs"
        self.specs.mkdir()
        (self.specs / "fragments").symlink_to(SOURCE / "specs" / "fragments")

    def spec(self, name, text):
        path = self.specs / (name + ".yaml")
        path.write_text(text, encoding="utf-8")
        return path

    def run_program(self, *arguments, status=0, **how):
        how.setdefault("cwd", self.folder)
        done = subprocess.run([PROGRAM, *arguments], capture_output=True, timeout=60, check=False, **how)
        out, err = done.stdout.decode("utf-8"), done.stderr.decode("utf-8")
        self.assertEqual(done.returncode, status, f"{arguments}\n{out}\n{err}")
        return out, err
