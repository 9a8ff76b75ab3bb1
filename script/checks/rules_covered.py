#!/usr/bin/env python3
"""How many rules the suite covers, by RFC and level, and whether docs/rules.md and README.md claim no more than that.

Other specs come all the time, so a figure may be behind by a few; it may never be ahead.

usage: rules_covered.py [--table | --self-test] ROOT
"""
import collections
import csv
import pathlib
import re
import sys

LEVELS = ("MUST", "SHOULD", "MAY", "stated")
LEVEL_OF = {"MUST NOT": "MUST", "SHOULD NOT": "SHOULD", "RECOMMENDED": "SHOULD"}
BEHIND = 60
ROW = re.compile(r"^\| (\d+|all) \| (\d+) \|" + r" (?:(\d+) of (\d+)|-) \|" * len(LEVELS), re.M)
README = re.compile(r"The suite\s+covers (\d+)")


def rows(path):
    with open(path, encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def covered_ids(root):
    ids = set()
    for path in (root / "specs").rglob("*.yaml"):
        found = re.search(r"^covers: \[([^]]*)\]", path.read_text(encoding="utf-8"), re.M)
        ids |= {word.strip() for word in found.group(1).split(",")} if found else set()
    return ids


def count(root):
    """rfc -> level -> [covered, decidable]; and how many rules the RFC has."""
    undecided = {row["id"] for row in rows(root / "specs/catalogue/undecided.tsv")}
    covered = covered_ids(root)
    table = collections.defaultdict(lambda: {level: [0, 0] for level in LEVELS})
    rules = collections.Counter()
    for rule in rows(root / "specs/catalogue/requirements.tsv"):
        level = LEVEL_OF.get(rule["level"], rule["level"])
        for rfc in (rule["rfc"], "all"):
            rules[rfc] += 1
            if rule["observable"] in ("internal", "n/a") or rule["id"] in undecided:
                continue
            table[rfc][level][0] += rule["id"] in covered
            table[rfc][level][1] += 1
    return table, rules


def order(rfc):
    return (rfc == "all", rfc != "9293", int(rfc) if rfc != "all" else 0)


def print_table(table, rules):
    print("| RFC | rules |" + "".join(f" {level} |" for level in LEVELS) + "\n|---|---|" + "---|" * len(LEVELS))
    for rfc in sorted(rules, key=order):
        cells = [f"{c} of {d}" if d else "-" for c, d in table[rfc].values()]
        print(f"| {rfc} | {rules[rfc]} | " + " | ".join(cells) + " |")


def faults(doc, readme, table, rules):
    told = {found.group(1): found.groups()[2:] for found in ROW.finditer(doc)}
    found = [f"docs/rules.md has no row for RFC {rfc}" for rfc in rules if rfc not in told]
    for rfc, cells in told.items():
        for n, level in enumerate(LEVELS):
            claimed, actual = int(cells[2 * n] or 0), table[rfc][level][0]
            if claimed > actual:
                found.append(f"docs/rules.md: RFC {rfc}, {level}: {claimed} claimed, {actual} covered")
    total = sum(c for c, _ in table["all"].values())
    claims = {"docs/rules.md": sum(int(c or 0) for c in told.get("all", ())[::2]),
              "README.md": int((README.search(readme) or [0, 0])[1])}
    for name, claimed in claims.items():
        if not total - BEHIND <= claimed <= total:
            found.append(f"{name}: {claimed} rules covered, they are {total}; script/checks/rules_covered.py --table . prints the table")
    return found


def self_test(doc, readme, table, rules):
    assert faults(ROW.sub("", doc, count=1), readme, table, rules), "a missing row goes unseen"
    assert faults(re.sub(r"\| (\d+) of", lambda m: f"| {int(m[1]) + 1} of", doc), readme, table, rules), "a boast goes unseen"
    assert faults(doc, README.sub("The suite covers 1", readme), table, rules), "an old figure goes unseen"
    assert faults(doc, README.sub("The suite covers 9999", readme), table, rules), "a wrong figure goes unseen"


def main():
    root = pathlib.Path(sys.argv[-1])
    table, rules = count(root)
    if "--table" in sys.argv:
        print_table(table, rules)
        return
    doc, readme = (root / "docs/rules.md").read_text(), (root / "README.md").read_text()
    found = faults(doc, readme, table, rules)
    print("\n".join(found) or "rules_covered: docs/rules.md and README.md claim what there is")
    if "--self-test" in sys.argv:
        self_test(doc, readme, table, rules)
    sys.exit(bool(found))


main()
