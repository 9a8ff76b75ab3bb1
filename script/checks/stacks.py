#!/usr/bin/env python3
"""usage: stacks.py [--self-test] ROOT: docs/stacks.md tells of just the deviations that specs/expect/lwip.yaml names."""
import pathlib
import re
import sys

IN_DOC = re.compile(r"`((?:rfc\d+|3\.[\d.]+-[\w-]+)/[\w-]+)`")
IN_FILE = re.compile(r"^- spec: (\S+)$", re.M)


def full(name):
    return name if name.startswith("rfc") else f"rfc9293/{name}"


def faults(doc, expected):
    told = {full(name) for name in IN_DOC.findall(doc)}
    named = set(IN_FILE.findall(expected))
    rules = set(re.findall(r"^  rule: (\S+)$", expected, re.M))
    return ([f"docs/stacks.md does not tell of {name}" for name in sorted(named - told)]
            + [f"docs/stacks.md tells of {name}, which lwip.yaml does not name" for name in sorted(told - named)]
            + [f"docs/stacks.md does not name the rule {rule}" for rule in sorted(rules) if not re.search(rf"{re.escape(rule)}(?![\w-])", doc)])


def self_test(doc, expected):
    assert faults(doc.replace("`rfc5681/limited-transmit`", ""), expected), "a missing spec goes unseen"
    assert faults(doc + "`rfc5681/no-such-spec`", expected), "a spec too many goes unseen"
    assert faults(doc.replace("MUST-47", ""), expected), "a missing rule goes unseen"


def main():
    root = pathlib.Path(sys.argv[-1])
    doc = (root / "docs/stacks.md").read_text()
    expected = (root / "specs/expect/lwip.yaml").read_text()
    found = faults(doc, expected)
    print("\n".join(found) or "stacks: docs/stacks.md and specs/expect/lwip.yaml agree")
    if "--self-test" in sys.argv:
        self_test(doc, expected)
    sys.exit(bool(found))


main()
