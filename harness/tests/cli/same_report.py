#!/usr/bin/env python3
"""usage: same_report.py TCPROVE SPECS PLUGIN: the suite on the engine and on the engine as a plug-in, run by run the same."""
import json
import pathlib
import subprocess
import sys
import tempfile

OF_THE_TARGET = ("target", "began", "wall_s")


def suite(tcprove, specs, target, folder):
    report = pathlib.Path(folder) / "report.json"
    command = [tcprove, "run", "--quiet", "--target", target, "--report", f"json:{report}", specs]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return json.loads(report.read_text())["targets"][0]


def main():
    tcprove, specs, plugin = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        here, there = (suite(tcprove, specs, target, folder) for target in ("engine", f"plugin:{plugin}"))
    assert there["target"].startswith("plugin (tcprove "), there["target"]
    assert len(here["runs"]) > 1000, "too few runs to prove anything"
    for one, other in zip(here["runs"], there["runs"]):
        assert one == other, f"differs: {one}\n{other}"
    rest = {key for key in here if key not in OF_THE_TARGET and here[key] != there.get(key)}
    assert not rest, f"differs: {rest}"
    print(f"{len(here['runs'])} runs are the same")


main()
