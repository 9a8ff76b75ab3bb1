#!/usr/bin/env python3
"""usage: follow_doc.py SOURCE BUILD: do what docs/target-plugin.md says, to the letter, in an empty folder.

Every block of `sh` is run by one shell after the other, in the folder where the one before ended. The block of `text` right behind it
shows lines of its output, in their order; `...` stands for anything. What the document calls tcprove/build/release is BUILD.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

BLOCK = re.compile(r"^```(sh|text|c)\n(.*?)^```$", re.M | re.S)


def shown_is_there(shown, output):
    """None, or the first line of `shown` that does not follow in `output`."""
    rest = iter(output.splitlines())
    for line in shown.splitlines():
        wanted = re.compile(".*".join(re.escape(part) for part in line.strip().split("...")))
        if not any(wanted.fullmatch(had.strip()) for had in rest):
            return line
    return None


def run(script, folder, home):
    env = dict(os.environ, HOME=str(home), LC_ALL="C.UTF-8")
    command = f"set -euo pipefail\n{script}\npwd > {home}/folder\n"
    done = subprocess.run(["bash", "-c", command], cwd=folder, env=env, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300, check=False)
    if done.returncode != 0:
        sys.exit(f"this ended with status {done.returncode}:\n{script}\n{done.stdout}")
    return done.stdout, pathlib.Path((home / "folder").read_text().strip())


def follow(blocks, folder, home):
    output, done = "", 0
    for kind, text in blocks:
        if kind == "sh":
            output, folder = run(text, folder, home)
            done += 1
        elif kind == "text":
            missing = shown_is_there(text, output)
            if missing:
                sys.exit(f"the document shows a line that did not come:\n{missing}\nbut:\n{output}")
    return done


def self_test():
    assert shown_is_there("a\nb ... d\n", "a\nx\n  b c d\n") is None
    assert shown_is_there("b\na\n", "a\nb\n") == "a"
    assert shown_is_there("a.c\n", "abc\n") == "a.c"


def main():
    source, build = (pathlib.Path(word).resolve() for word in sys.argv[1:])
    self_test()
    blocks = BLOCK.findall((source / "docs/target-plugin.md").read_text())
    with tempfile.TemporaryDirectory() as temporary:
        home, empty = pathlib.Path(temporary, "home"), pathlib.Path(temporary, "empty")
        (empty / "tcprove/build").mkdir(parents=True)
        home.mkdir()
        (empty / "tcprove/build/release").symlink_to(build)
        done = follow(blocks, empty, home)
    assert done >= 6, "too few blocks to be the document"
    print(f"{done} blocks followed")


main()
