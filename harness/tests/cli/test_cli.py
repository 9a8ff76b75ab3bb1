"""What tcprove's commands print and return, by running the program: test_cli.py PROGRAM SOURCE_FOLDER"""
import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import time
import unittest
import xml.etree.ElementTree

from program import FAILS, PASSES, PROGRAM, SOURCE, Program

# Not quite, but 4096 runs of 10000 steps outlast any test.
ENDLESS = """\
title: This goes on for ever
covers: [MUST-14]
why: To be interrupted.
ip: [4]
parameters:
  tens: [%s]
  ones: [%s]
steps:
  - repeat:
      times: 10000
      steps:
        - advance: ({tens}*64+{ones})*1 us
""" % ((", ".join(str(n) for n in range(64)),) * 2)
EXPECTATION = """\
- spec: {spec}
  rule: MUST-14
  verdict: fail
  reason: known since the test began
  date: 2026-01-31
"""
GOLDEN_FAILURE = """\
FAIL  fails IPv4
  title     A SYN to a closed port is refused twice
  rule      MUST-14 (MUST): MSS option is both sent and honoured: target emits MSS on SYN and never sends
            payload above the tester's MSS.
"""


def hear_signals():
    """A shell's background job begins with SIGINT ignored, and so would the program."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


class Commands(Program):
    # ---- Usage ----

    def test_no_command__shows_help_and_fails(self):
        _, err = self.run_program(status=2)
        self.assertIn("Usage: tcprove COMMAND", err)

    def test_help__teaches(self):
        out, _ = self.run_program("--help")
        self.assertIn("Exit status", out)
        for command in ("run", "list", "lint", "rules", "explore", "doctor", "version"):
            self.assertIn(f"  {command} ", out)
            by_option, _ = self.run_program(command, "--help")
            by_word, _ = self.run_program("help", command)
            self.assertEqual(by_option, by_word)
            self.assertTrue(all(len(line) < 80 for line in by_option.splitlines()), by_option)
        for command in ("run", "list", "lint", "rules", "explore", "doctor"):
            out, _ = self.run_program(command, "--help")
            self.assertIn("Examples:", out)
            self.assertIn("Exit status", out)

    def test_doctor__asks_the_target_and_says_what_to_mend(self):
        self.spec("passes", PASSES)
        out, _ = self.run_program("doctor", "engine")
        self.assertIn("ok    resets: 20 of 20 at once were answered", out)
        self.assertIn("the suite can be run\n", out)
        out, err = self.run_program("doctor", "plugin:./nothing.so", status=3)
        self.assertIn("FAULT plugin:./nothing.so: cannot be set up", out)
        self.assertIn("nothing.so", err)
        self.assertIn("one target", self.run_program("doctor", "engine", "kernel", status=2)[1])
        self.run_program("doctor", "engien", status=2)

    def test_version__is_one_line(self):
        self.assertRegex(self.run_program("version")[0], r"\Atcprove \d+\.\d+\.\d+\n\Z")
        self.assertEqual(self.run_program("--version")[0], self.run_program("version")[0])

    def test_mistyped__names_the_nearest(self):
        self.spec("passes", PASSES)
        for arguments, mend in (
            (["rnu"], "did you mean 'run'?"),
            (["run", "--fliter", "x"], "did you mean '--filter'?"),
            (["run", "--target", "kernl"], "did you mean 'kernel'?"),
            (["run", "--target", "remote"], "wants an address"),
            (["run", "--target", "remote:example.org"], "an address is written 192.0.2.1"),
            (["run", "--target", "remote:192.0.2.1:0"], "a port is a number from 1 to 65535"),
            (["run", "--target", "remote:224.0.0.1"], "multicast"),
            (["run", "--target", "remote:192.0.2.1", "--ip", "6"], "an address of the other version"),
            (["run", "--service", "ecko"], "did you mean 'echo'?"),
            (["run", "--tester-adress", "auto"], "did you mean '--tester-address'?"),
            (["run", "--tester-address", "here"], "--tester-address wants an IP address or auto; got 'here'"),
            (["run", "--rate", "0"], "--rate wants a number from 1"),
            (["run", "--report", "jsn:x"], "did you mean 'json'?"),
            (["run", "--profile", "tunde"], "did you mean 'tuned'?"),
            (["run", "--color", "allways"], "did you mean 'always'?"),
            (["run", "--ip", "5"], "it can be 4, 6 or both"),
            (["run", "--filter", "MUST-144"], "did you mean 'MUST-14'?"),
            (["run", "--filter", "pases"], "did you mean 'passes'?"),
            (["run", "--filter", "MUST-15"], "no spec here covers this rule"),
            (["run", "--jobs", "0"], "from 1 to"),
            (["run", "--jobs", "-1"], "from 1 to"),
            (["run", "--patience", "soon"], "such as 500ms"),
            (["run", "--patience", "nan"], "such as 500ms"),
            (["run", "--report", "json"], "FORMAT:FILE"),
            (["run", "--target", "engine", "--target", "engine"], "stands twice"),
            (["run", "nowhere"], "No such file"),
            (["run", "--ip", "6"], "none runs over IPv6"),
            (["version", "x"], "Too many arguments"),
        ):
            with self.subTest(arguments=arguments):
                out, err = self.run_program(*arguments, status=2)
                self.assertIn(mend, err)
                self.assertEqual(out, "")

    def test_control_characters_in_arguments__are_escaped(self):
        _, err = self.run_program("run", "\033[2J", status=2)
        self.assertNotIn("\033", err)

    def test_no_suite__says_where_it_looked(self):
        program = self.folder / "tcprove"
        shutil.copy(PROGRAM, program)
        shutil.rmtree(self.specs)
        done = subprocess.run([program, "list"], cwd=self.folder, capture_output=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"no suite here", done.stderr)

    def test_suite__is_found_from_a_folder_below(self):
        self.spec("passes", PASSES)
        below = self.folder / "a" / "b"
        below.mkdir(parents=True)
        self.assertIn("passes", self.run_program("list", cwd=below)[0])

    # ---- list, lint ----

    def test_list__is_one_line_a_spec(self):
        self.spec("passes", PASSES)
        self.spec("fails", FAILS)
        out, _ = self.run_program("list")
        self.assertEqual(
            out.splitlines(),
            ["fails   MUST-14,SHLD-29  A SYN to a closed port is refused twice",
             "passes  MUST-14,SHLD-29  A SYN to a closed port is refused"])
        self.assertEqual(len(self.run_program("list", "--filter", "pass*")[0].splitlines()), 1)
        self.run_program("list", "--filter", "none-such", status=2)

    def test_rules__join_specs_and_results(self):
        self.spec("passes", PASSES)
        report = self.folder / "report.json"
        self.run_program("run", "--report", f"json:{report}", str(self.specs))
        out, _ = self.run_program("rules", "--filter", "MUST-1[45]", "--specs", "--results", str(report))
        self.assertRegex(out, r"(?m)^verdict 1: engine")
        self.assertRegex(out, r"(?m)^MUST-14 +MUST +wire[+a-z]* +1 +kept +\S.*\n +passes$")
        self.assertRegex(out, r"(?m)^MUST-15 +MUST +wire[+a-z]* +- +- +\S")
        self.assertIn("MUST       1 of    2 covered", out)

    def test_rules_uncovered__leaves_out_what_has_a_spec(self):
        self.spec("passes", PASSES)
        out, _ = self.run_program("rules", "--uncovered", "--rfc", "9293", "--level", "MUST", str(self.specs))
        self.assertNotRegex(out, r"(?m)^MUST-14 ")
        self.assertRegex(out, r"(?m)^MUST-15 ")
        self.assertNotRegex(out, r"(?m)^SHLD-")

    def test_rules__no_report__is_2_with_its_place(self):
        self.spec("passes", PASSES)
        for text, told in (("{", "bad.json:1:"), ("[]", "bad.json: this is no report")):
            (self.folder / "bad.json").write_text(text, encoding="utf-8")
            _, err = self.run_program("rules", "--results", "bad.json", str(self.specs), status=2)
            self.assertIn(told, err)

    def test_explore__reaches_figure_5_and_draws_it(self):
        out, _ = self.run_program("explore", "--depth", "5", "--svg", "m.svg", "--dot", "m.dot")
        self.assertIn("Figure 5: 21 of 21 transitions reached", out)
        self.assertIn("Every connection closes in good order.", out)
        root = xml.etree.ElementTree.parse(self.folder / "m.svg").getroot()
        self.assertTrue(root.tag.endswith("svg"))
        self.assertIn('"LISTEN" -> "SYN-RECEIVED"', (self.folder / "m.dot").read_text(encoding="utf-8"))

    def test_explore__too_shallow_or_cut__says_so(self):
        out, _ = self.run_program("explore", "--depth", "2", status=1)
        self.assertIn("never seen: TIME-WAIT to CLOSED", out)
        _, err = self.run_program("explore", "--connections", "50", status=3)
        self.assertIn("--connections allows more", err)
        _, err = self.run_program("explore", "--depth", "2", "--svg", "none/m.svg", status=3)
        self.assertIn("none/m.svg cannot be written", err)

    def test_broken_spec__is_told_with_its_place(self):
        self.spec("broken", PASSES.replace("expect:", "exspect:"))
        for command in ("run", "list", "lint"):
            out, err = self.run_program(command, status=2)
            self.assertRegex(err, r"specs/broken\.yaml:7:\d+: ")
            self.assertIn("expect", err)
            self.assertEqual(out, "")

    def test_lint__clean_spec__is_0(self):
        self.spec("passes", PASSES)
        self.assertEqual(self.run_program("lint")[0], "1 spec, 0 warnings\n")

    def test_lint__warning__is_1_with_its_place(self):
        self.spec("vague", PASSES + "    at: ?t0\n")
        out, _ = self.run_program("lint", status=1)
        self.assertRegex(out, r"^specs/vague\.yaml:8:\d+: 't0' is bound and never used")
        self.assertIn("1 spec, 1 warning\n", out)

    # ---- run ----

    def test_conforming__is_0_and_says_so_last(self):
        self.spec("passes", PASSES)
        out, err = self.run_program("run")
        self.assertRegex(out.splitlines()[-1], r"^engine \(.*\) conforms: 1 of 1 runs pass \(")
        self.assertEqual(err, "")

    def test_failure__is_1_and_told_in_full(self):
        self.spec("passes", PASSES)
        path = self.spec("fails", FAILS)
        out, _ = self.run_program("run", str(path), status=1)
        self.assertIn(GOLDEN_FAILURE, out)
        self.assertRegex(out, r"\n  at        \S*fails\.yaml:7: .*<ACK=102>")
        table = re.search(r"\n  expected  (.*)\n  got       (.*)\n( +)\^+\n", out)
        self.assertIsNotNone(table, out)
        column = len(table.group(3)) - 12
        self.assertTrue(table.group(1)[column:].startswith("ACK=102"), out)
        self.assertTrue(table.group(2)[column:].startswith("ACK=101"), out)
        self.assertRegex(out, r"\n +\d+\.\d{6}    \|-- SEQ=100 CTL=SYN WND=65535 -+>\|\n")
        self.assertRegex(out, r"\n +\d+\.\d{6} >> \|<- SEQ=0 ACK=101 CTL=RST,ACK WND=0 -+\|\n")
        self.assertIn("does not conform: 1 fail of 1 runs", out.splitlines()[-1])

    def test_explain__draws_what_passes_too(self):
        self.spec("passes", PASSES)
        out, _ = self.run_program("run", "--explain")
        self.assertIn("PASS  passes IPv4", out)
        self.assertRegex(out, r"<- SEQ=0 ACK=101 CTL=RST,ACK")
        self.assertIn("because of ", out)
        self.assertNotIn("because of ", self.run_program("run")[0])

    def test_quiet__is_one_line(self):
        self.spec("fails", FAILS)
        out, _ = self.run_program("run", "--quiet", status=1)
        self.assertEqual(len(out.splitlines()), 1)

    def test_expected_failure__is_0(self):
        self.spec("fails", FAILS)
        known = self.folder / "known.yaml"
        known.write_text(EXPECTATION.format(spec="fails"))
        out, err = self.run_program("run", "--expect", "engine:known.yaml")
        self.assertIn("fails IPv4: MUST-14: known since the test began", out)
        self.assertEqual(err, "")
        self.run_program("run", "--expect", "kernel:known.yaml", status=1)

    def test_unexpected_pass__is_1(self):
        self.spec("passes", PASSES)
        (self.folder / "known.yaml").write_text(EXPECTATION.format(spec="p*"))
        out, _ = self.run_program("run", "--expect", "known.yaml", status=1)
        self.assertIn("UNEXPECTED PASS  passes IPv4", out)

    def test_stale_expectation__is_told(self):
        self.spec("passes", PASSES)
        (self.folder / "known.yaml").write_text(EXPECTATION.format(spec="gone"))
        _, err = self.run_program("run", "--expect", "known.yaml")
        self.assertRegex(err, r"^known\.yaml:1:3: stale: ")
        _, err = self.run_program("run", "--expect", "known.yaml", "--filter", "passes")
        self.assertEqual(err, "")

    def test_update_expect__then_conforms_and_back(self):
        passes, _ = self.spec("passes", PASSES), self.spec("fails", FAILS)
        known = self.folder / "known.yaml"
        update = ("run", "--expect", "known.yaml", "--update-expect")
        _, err = self.run_program(*update, status=1)
        self.assertEqual(err, "known.yaml: 1 entry added, 0 taken out; look at each that is to be explained\n")
        self.assertRegex(known.read_text(), r"^- spec: fails\n  rule: MUST-14\n  verdict: fail\n  reason: 'to be "
                         r"explained: another segment came: .*\n  date: 20\d\d-\d\d-\d\d\n$")
        self.run_program("run", "--expect", "known.yaml")
        known.write_text("# kept\n" + known.read_text() + "# kept too\n" + EXPECTATION.format(spec="gone"))
        (self.folder / "specs" / "fails.yaml").write_text(PASSES)
        self.run_program(*update, status=1)
        self.assertEqual(known.read_text(), "# kept\n# kept too\n")
        self.assertEqual(self.run_program(*update)[1], "known.yaml: 0 entries added, 0 taken out\n")
        self.assertIn("which file?", self.run_program("run", "--update-expect", status=2)[1])
        self.assertIn("one target", self.run_program(*update, "-t", "engine", "-t", "kernel", status=2)[1])

    def test_update_expect__one_ip_of_two__is_split(self):
        self.spec("both", FAILS.replace("ip: [4]", "ip: [4, 6]"))
        known = self.folder / "known.yaml"
        update = ("run", "--expect", "known.yaml", "--update-expect")
        self.run_program(*update, "--ip", "4", status=1)
        self.assertNotIn("ip:", known.read_text())
        known.write_text(known.read_text().replace("  rule", "  ip: 4\n  rule"))
        self.run_program(*update, status=1)
        self.assertEqual(known.read_text().count("- spec: both"), 2)
        self.assertIn("ip: 6", known.read_text())
        self.run_program("run", "--expect", "known.yaml")

    def test_expectation_of_another_version__says_nothing(self):
        self.spec("fails", FAILS)
        known = self.folder / "known.yaml"
        for condition, status in ((">= 0.1, < 99", 0), ("> 99", 1), ("< 0.0.1", 1), (">= 0.1.0", 0)):
            known.write_text(EXPECTATION.format(spec="fails") + f"  version: '{condition}'\n")
            self.run_program("run", "--expect", "known.yaml", status=status)
        for pattern, status in (("tcprove *", 0), ("Linux *", 1)):
            known.write_text(EXPECTATION.format(spec="fails") + f"  target: {pattern}\n")
            self.run_program("run", "--expect", "known.yaml", status=status)
        for wrong in ("6.1", ">= ", ">= 6,", "~ 6", ">= six"):
            known.write_text(EXPECTATION.format(spec="fails") + f"  version: '{wrong}'\n")
            self.assertIn("version is '", self.run_program("run", "--expect", "known.yaml", status=2)[1])

    def test_wrong_expectation_file__is_2(self):
        self.spec("passes", PASSES)
        (self.folder / "known.yaml").write_text(EXPECTATION.format(spec="p*").replace("reason", "raeson"))
        _, err = self.run_program("run", "--expect", "known.yaml", status=2)
        self.assertIn("known.yaml:4:3: unknown key 'raeson'; did you mean 'reason'?", err)
        self.run_program("run", "--expect", "nowhere.yaml", status=2)

    def test_shards__are_the_whole_together(self):
        for name in ("a", "b", "c"):
            self.spec(name, PASSES)
        seen = []
        for shard in ("1/2", "2/2"):
            self.run_program("run", "--shard", shard, "--report", "json:part.json")
            part = json.loads((self.folder / "part.json").read_text(encoding="utf-8"))
            seen += [run["name"] for run in part["targets"][0]["runs"]]
        self.assertEqual(sorted(seen), ["a", "b", "c"])
        for wrong in ("0/2", "3/2", "1", "1/", "/2", "1/2x", "-1/2"):
            self.assertIn("--shard wants I/N", self.run_program("run", "--shard", wrong, status=2)[1])
        self.assertIn("fewer runs than 9", self.run_program("run", "--shard", "9/9", status=2)[1])

    def test_repeat__counts_and_captures_each_time(self):
        self.spec("passes", PASSES)
        out, _ = self.run_program("run", "--repeat", "3", "--report", "json:report.json", "--pcap", "captures")
        self.assertIn("1 of 1 runs pass", out)
        document = json.loads((self.folder / "report.json").read_text(encoding="utf-8"))
        self.validate(document)
        self.assertEqual(document["targets"][0]["runs"][0]["repeated"]["pass"], 3)
        self.assertEqual(len(list((self.folder / "captures").iterdir())), 3)
        self.assertIn("--repeat wants a number", self.run_program("run", "--repeat", "0", status=2)[1])

    def test_kernel_without_namespaces__is_3(self):
        self.spec("passes", PASSES)
        inside = ["unshare", "--user", "--map-root-user", "sh", "-c"]
        forbid = "echo 0 >/proc/sys/user/max_net_namespaces"
        if not shutil.which("unshare") or subprocess.run([*inside, forbid], capture_output=True, check=False).returncode:
            self.skipTest("no user namespace can be made here")
        done = subprocess.run([*inside, forbid + ' && exec "$0" run --target kernel', PROGRAM], cwd=self.folder,
                              capture_output=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn(b"target kernel cannot be set up here: ", done.stderr)
        self.assertEqual(done.stdout, b"")

    # ---- Reports ----

    def validate(self, document):
        try:
            import jsonschema
        except ImportError:
            return
        schema = json.loads((SOURCE / "reports" / "schema.json").read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator(schema).validate(document)

    def test_json__holds_to_its_schema(self):
        self.spec("passes", PASSES)
        self.spec("fails", FAILS)
        self.run_program("run", "--report", "json:report.json", "--report", "ladder:ladders.txt", status=1)
        document = json.loads((self.folder / "report.json").read_text(encoding="utf-8"))
        self.validate(document)
        runs = document["targets"][0]["runs"]
        self.assertEqual([(run["name"], run["verdict"]) for run in runs], [("fails", "fail"), ("passes", "pass")])
        self.assertIn("SEQ=100", (self.folder / "ladders.txt").read_text(encoding="utf-8"))
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()), ["ladders.txt", "report.json", "specs"])

    def test_json_on_stdout__is_alone_there(self):
        self.spec("passes", PASSES)
        out, err = self.run_program("run", "--report", "json:-")
        self.validate(json.loads(out))
        self.assertIn("conforms", err)

    def test_hostile_title__drives_no_terminal(self):
        hostile = FAILS.replace("title: A SYN", 'title: "\\e[2J\\x07\\u202e A SYN').replace("twice", 'twice"')
        self.spec("hostile", hostile)
        out, _ = self.run_program("run", "--report", "json:report.json", "--verbose", "--explain", status=1)
        self.assertFalse(set(out) & {"\033", "\007", "\u202e"})
        self.assertIn("\\x1b[2J\\x07\\u{202e}", out)
        document = json.loads((self.folder / "report.json").read_bytes().decode("utf-8"))
        self.assertIn("\033", document["targets"][0]["runs"][0]["title"])

    def test_html__has_the_targets_reasons(self):
        self.spec("passes", PASSES)
        self.run_program("run", "--report", "json:plain.json")
        self.run_program("run", "--report", "json:explained.json", "--report", "html:report.html")
        kinds = lambda name: {entry["kind"] for run in
                              json.loads((self.folder / name).read_text(encoding="utf-8"))["targets"][0]["runs"]
                              for entry in run["trace"]}
        self.assertNotIn("rule", kinds("plain.json"))
        self.assertIn("rule", kinds("explained.json"))
        self.assertTrue((self.folder / "report.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>"))

    def test_report_that_cannot_be_written__is_3(self):
        self.spec("passes", PASSES)
        _, err = self.run_program("run", "--report", "json:no/such/folder.json", status=3)
        self.assertIn("No such file or directory", err)
        _, err = self.run_program("run", "--report", "json:/dev/full", status=3)
        self.assertIn("No space left", err)

    def test_pcap__is_one_file_a_run(self):
        self.spec("passes", PASSES)
        self.run_program("run", "--pcap", "captures")
        files = list((self.folder / "captures").iterdir())
        self.assertEqual([path.name for path in files], ["passes,ip4,engine.pcap"])
        self.assertEqual(files[0].read_bytes()[:4], b"\xd4\xc3\xb2\xa1")
        if shutil.which("tshark"):
            done = subprocess.run(["tshark", "-r", files[0]], capture_output=True, check=True)
            self.assertIn(b"[RST, ACK]", done.stdout)

    # ---- Colour ----

    def on_terminal(self, *arguments, **environment):
        """What the program writes to a terminal."""
        main, other = pty.openpty()
        env = {**os.environ, "TERM": "xterm", **environment}
        with subprocess.Popen([PROGRAM, *arguments], cwd=self.folder, env=env, stdout=other, stderr=other) as process:
            os.close(other)
            out = b""
            try:
                while octets := os.read(main, 4096):
                    out += octets
            except OSError:
                pass
            os.close(main)
            process.wait(timeout=30)
        return out.decode("utf-8")

    def test_color__on_terminals_alone(self):
        self.spec("passes", PASSES)
        environment = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
        self.assertNotIn("\033", self.run_program("run", env=environment)[0])
        self.assertIn("\033[32m", self.run_program("run", "--color", "always", env=environment)[0])
        self.assertIn("\033[32m", self.on_terminal("run", NO_COLOR=""))
        self.assertNotIn("\033[32m", self.on_terminal("run", NO_COLOR="1"))
        self.assertNotIn("\033[32m", self.on_terminal("run", TERM="dumb", NO_COLOR=""))
        self.assertNotIn("\033[32m", self.on_terminal("run", "--color", "never", NO_COLOR=""))

    # ---- Signals ----

    def start_endless(self):
        self.spec("endless", ENDLESS)
        process = subprocess.Popen(
            [PROGRAM, "run", "--report", "json:report.json"], cwd=self.folder, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, preexec_fn=hear_signals)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        time.sleep(0.7)
        self.assertIsNone(process.poll())
        return process

    def test_ctrl_c__stops_and_reports(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            process = self.start_endless()
            process.send_signal(number)
            out, _ = process.communicate(timeout=10)
            self.assertEqual(process.returncode, 128 + number)
            self.assertRegex(out, rb"interrupted: [0-9]+ of 4096 runs done")
            target = json.loads((self.folder / "report.json").read_text(encoding="utf-8"))["targets"][0]
            self.assertEqual(target["outcome"], "interrupted")
            reasons = {run["reason"] for run in target["runs"]}
            self.assertIn("interrupted before it began", reasons)

    def test_second_ctrl_c__ends_at_once(self):
        os.mkfifo(self.folder / "report.json")  # nobody reads it: writing the report waits for ever
        process = self.start_endless()
        process.send_signal(signal.SIGINT)
        with self.assertRaises(subprocess.TimeoutExpired):
            process.communicate(timeout=1)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=10)
        self.assertEqual(process.returncode, 130)

    def test_kill__leaves_no_half_report(self):
        process = self.start_endless()
        process.kill()
        process.communicate(timeout=10)
        self.assertFalse((self.folder / "report.json").exists())


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
