#!/usr/bin/env python3
"""usage: own_run_only.py TCPROVE SPECS PLUGIN: a plug-in that crashes, hangs or floods loses the run it does so in, and no other."""
import json
import pathlib
import subprocess
import sys
import tempfile

SPEC = """title: Text arrives
covers: [MUST-58]
why: >
  The plug-in does what the text says.
given: ESTABLISHED
steps:
  - inject: <CTL=ACK><DATA="{text}">
  - event: text "{text}"
"""
# What each text leads to: the verdict, and words of the reason.
WANTED = {
    "crash now": ("error", "died of signal 6 (Aborted) in input()"),
    "hang now": ("error", "did not return within 10 s in input()"),
    "flood now": ("error", "does not come to rest"),
    "go on": ("pass", ""),
    "end badly": ("pass", ""),
    "as before": ("pass", ""),
}


def main():
    tcprove, specs, plugin = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder, "specs")
        root.mkdir()
        (root / "fragments").symlink_to(pathlib.Path(specs, "fragments").resolve())
        for text in WANTED:
            (root / f"{text.replace(' ', '-')}.yaml").write_text(SPEC.format(text=text))
        report = pathlib.Path(folder, "report.json")
        command = [tcprove, "run", "--quiet", "--target", f"plugin:{plugin}", "--report", f"json:{report}", str(root)]
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=300, check=False)
        runs = json.loads(report.read_text())["targets"][0]["runs"]
    assert done.returncode == 1, f"status {done.returncode}"
    assert f"tcprove: {plugin} died of signal 6 (Aborted) in destroy(), 2 times" in done.stderr, done.stderr
    assert len(runs) == 2 * len(WANTED), f"{len(runs)} runs"
    for run in runs:
        verdict, words = WANTED[run["name"].replace("-", " ")]
        got = run["verdict"], run["reason"] or ""
        assert got[0] == verdict and words in got[1], f"{run['name']}: wanted {verdict}, '{words}'; got {got}"
    print(f"{len(runs)} runs, each on its own")


main()
