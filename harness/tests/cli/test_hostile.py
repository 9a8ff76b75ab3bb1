"""What users get wrong and what files may be: test_hostile.py PROGRAM SOURCE_FOLDER"""
import html.parser
import json
import os
import subprocess
import sys
import unittest
import xml.etree.ElementTree

from program import FAILS, PASSES, PROGRAM, Program


class Page(html.parser.HTMLParser):
    """The tags of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)


class Hostile(Program):
    # ---- What lies among the specs ----

    def test_pipe_among_the_specs__is_not_waited_for(self):
        self.spec("passes", PASSES)
        os.mkfifo(self.specs / "pipe.yaml")
        self.assertIn("specs/pipe.yaml is no file", self.run_program("run", status=2)[1])

    def test_folder_below_that_may_not_be_read__is_named(self):
        self.spec("passes", PASSES)
        below = self.specs / "below"
        below.mkdir(mode=0)
        self.folder.chmod(0o755)
        nobody = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
        try:
            _, err = self.run_program("run", "specs", status=2, **nobody)
        except PermissionError:
            self.skipTest("the program stands where nobody may run it")
        self.assertIn("specs/below cannot be read: Permission denied", err)

    def test_odd_names__stay_apart_and_break_no_report(self):
        names = ["a b", "a,b", "a_b", "]]><b>", "'\"&", "# SKIP", "new\nline", "esc\033[2J", "%s%n"]
        for name in names:
            self.spec(name, FAILS.replace("title: A SYN", 'title: "]]> <b>& \\x1b[2J A SYN').replace("twice", 'twice"'))
        formats = ("html", "json", "junit", "tap", "ladder")
        wanted = [word for kind in formats for word in ("--report", f"{kind}:{kind}")]
        self.run_program("run", *wanted, "--pcap", "captures", status=1)
        text = {kind: (self.folder / kind).read_text(encoding="utf-8") for kind in formats}
        runs = json.loads(text["json"])["targets"][0]["runs"]
        self.assertEqual(sorted(run["name"] for run in runs), sorted(names))
        self.assertEqual(len(list(xml.etree.ElementTree.fromstring(text["junit"]).iter("testcase"))), len(names))
        self.assertEqual(len(list((self.folder / "captures").iterdir())), len(names))
        self.assertEqual([line for line in text["tap"].splitlines()
                          if not line.startswith(("TAP version", "1..", "not ok ", "#", "  "))], [])
        for kind in ("html", "junit", "tap", "ladder"):
            self.assertNotIn("\033", text[kind], kind)
        plain = self.folder / "plain"
        plain.mkdir()
        (plain / "fragments").symlink_to(self.specs / "fragments")
        for number in range(len(names)):
            (plain / f"{number}.yaml").write_text(FAILS)
        self.run_program("run", "plain", "--report", "html:plain.html", status=1)
        self.assertEqual(Page(text["html"]).tags, Page((self.folder / "plain.html").read_text()).tags)

    # ---- What is asked for ----

    def test_nothing_given__is_not_taken_for_everything(self):
        self.spec("passes", PASSES)
        for arguments, told in ((["run", "--filter", ""], "--filter wants"), (["list", "--filter", ""], "--filter wants"),
                                (["run", "--expect", ""], "--expect wants a file"),
                                (["run", "--expect", "engine:"], "--expect wants a file"),
                                (["rules", "--rfc", "99999"], "no rule of the catalogue"),
                                (["rules", "--filter", "MSUT-*"], "no rule of the catalogue")):
            with self.subTest(arguments=arguments):
                out, err = self.run_program(*arguments, status=2)
                self.assertIn(told, err)
                self.assertEqual(out, "")

    def test_two_reports_to_one_file__are_refused(self):
        self.spec("passes", PASSES)
        for file in ("report", "-"):
            _, err = self.run_program("run", "--report", f"json:{file}", "--report", f"tap:{file}", status=2)
            self.assertIn(f"two reports go to '{file}'", err)
        self.assertFalse((self.folder / "report").exists())

    def test_token_file_that_is_none__is_told_as_such(self):
        for name, why in ((".", "Is a directory"), ("none", "No such file")):
            _, err = self.run_program("agent", "--listen", "127.0.0.1:7007", "--token-file", name, status=3)
            self.assertIn(f"the token file {name} cannot be read: {why}", err)

    def test_no_such_report__is_told_without_a_place(self):
        self.spec("passes", PASSES)
        _, err = self.run_program("rules", "--results", "none.json", status=2)
        self.assertIn("none.json: No such file or directory", err)
        self.assertNotIn("-1", err)

    def test_too_few_files_for_the_kernel_target__is_told_as_such(self):
        self.spec("passes", PASSES)
        done = subprocess.run(["sh", "-c", 'ulimit -n 60; exec "$0" run --target kernel --jobs 32', PROGRAM],
                              cwd=self.folder, capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 3)
        if "namespace" in done.stderr:
            self.skipTest(done.stderr)
        self.assertIn("too few files may be open", done.stderr)

    # ---- Where it is told ----

    def test_stdout_full_or_closed__is_3(self):
        self.spec("passes", PASSES)
        for command in ("run", "list", "lint", "rules", "explore --depth 5", "doctor engine", "version", "help"):
            with self.subTest(command=command), open("/dev/full", "wb") as full:
                done = subprocess.run([PROGRAM, *command.split()], cwd=self.folder, stdout=full, timeout=60,
                                      stderr=subprocess.PIPE, check=False)
                self.assertEqual(done.returncode, 3, done.stderr)
        done = subprocess.run(["sh", "-c", 'exec "$0" list >&-', PROGRAM], cwd=self.folder, timeout=60,
                              stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 3)
        self.assertIn(b"cannot be written to stdout", done.stderr)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
