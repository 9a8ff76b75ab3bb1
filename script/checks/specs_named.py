#!/usr/bin/env python3
"""usage: specs_named.py [--self-test] ROOT: what docs/tcp-by-spec.md names is there, each row names a spec, each state has a walk."""
import pathlib
import re
import sys

NAMED = re.compile(r"`((?:rfc\d+)/[\w./-]+)`")
COMMAND = re.compile(r"\bspecs/([\w./-]+\.yaml)")
STATES = ["CLOSED", "LISTEN", "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT", "CLOSING",
          "LAST-ACK", "TIME-WAIT"]


def faults(doc, specs):
    walks = [line for line in doc.splitlines() if "3.3.2-states" in line and line.startswith("|")]
    told = {word for line in walks for word in re.findall(r"[A-Z][A-Z0-9-]+", line)}
    named = NAMED.findall(doc) + COMMAND.findall(doc)
    bare = [line for line in doc.splitlines() if line.startswith("|") and "/" in line and not NAMED.search(line)]
    return ([f"docs/tcp-by-spec.md names specs/{name}, which is not there" for name in named if not (specs / name).exists()]
            + [f"docs/tcp-by-spec.md: this row names no spec: {line}" for line in bare]
            + [f"docs/tcp-by-spec.md: no walk goes through {state}" for state in STATES if state not in told])


def self_test(doc, specs):
    assert faults(doc.replace("three-way-handshake.yaml", "two-way-handshake.yaml"), specs), "a spec that is not there goes unseen"
    assert faults(doc.replace("LAST-ACK", ""), specs), "a state without a walk goes unseen"
    assert faults(doc + "| topic | see/hear | nothing |\n", specs), "a row without a spec goes unseen"


def main():
    root = pathlib.Path(sys.argv[-1])
    doc = (root / "docs/tcp-by-spec.md").read_text()
    found = faults(doc, root / "specs")
    print("\n".join(found) or "specs_named: all that docs/tcp-by-spec.md names is there")
    if "--self-test" in sys.argv:
        self_test(doc, root / "specs")
    sys.exit(bool(found))


main()
