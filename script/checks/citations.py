#!/usr/bin/env python3
"""What the tree cites exists: rules, RFC sections; and no path of one machine stands in it.

Rules are held to specs/catalogue/requirements.tsv, sections to specs/catalogue/sections.tsv, in every tracked file.
"section 3.10.7.4" without an RFC means RFC 9293 in engine/ and the directory's own RFC in specs/rfcNNNN/. Where a text
tells how many rules there are, it is the catalogue's number.

usage: citations.py [--self-test] [ROOT]
"""
import csv
import pathlib
import re
import subprocess
import sys

# Cited, but not in sections.tsv: their sections are taken on trust.
KNOWN_WITHOUT_SECTIONS = {791, 792, 826, 862, 863, 1071, 1812, 2544, 3540, 3629, 3849, 4086, 4291, 4443, 4861, 4862, 5227, 5737,
                          6335, 6890, 7915, 8200, 9768}

# Tests that name rules which do not exist, to see them refused.
WRONG_ON_PURPOSE = {
    "harness/tests/cli/test_cli.py": {"MUST-144"},
    "harness/tests/spec/test_catalogue.c": {"MUST-999", "RFC5961-3.2-1x"},
    "harness/tests/spec/test_errors.c": {"MUST-399", "SHLD-2x"},
    "harness/tests/suite/test_expectation.c": {"SHLD-2999"},
    "harness/tests/suite/test_jobs.c": {"MUST-99"},
}

# The catalogue itself, and this file with its planted mistakes.
NOT_READ = {
    "specs/catalogue/requirements.tsv",
    "specs/catalogue/skipped.tsv",
    "specs/catalogue/sections.tsv",
    "script/checks/citations.py",
}

RULE = re.compile(r"\b(?:(?:MUST|SHLD|MAY|REC)-\d+\w*|RFC\d+-[0-9A-Z]+(?:\.\d+)*-n?\d+\w*)\b")
NUMBER = r"(?:\d{1,2}|[A-Z](?=\.\d))(?:\.\d{1,2})*\b"
DOTTED = r"[0-9A-Z]{1,2}(?:\.\d{1,2})+\b"
NUMBERS = rf"{NUMBER}(?:(?:,? and | to | or ){NUMBER}|, {DOTTED})*"
SECTION = re.compile(rf"\bRFC ?(\d+),? (?:[Ss]ections?|§|[Aa]ppendix) ?({NUMBERS})")
SECTION_ALONE = re.compile(rf"(?<!\d )(?<!\d, )\b[Ss]ections? ({DOTTED}(?:(?:,? and |, | to | or ){DOTTED})*)")
RFC = re.compile(r"\bRFC ?(\d+)")
MACHINE_PATH = re.compile(r"(?<![\w.~$}-])/(?:work|root|home)/")
LINE_BREAK = re.compile(r"[ \t]*\n[ \t]*(?:\*(?!/)|//|#)?[ \t]*")
RULE_LIST = "engine/include/tcprove/rule.h"
RULES_COUNTED = {
    "README.md": re.compile(r"\bcatalogued in `specs/catalogue/`: (\d+) of them"),
    "specs/catalogue/README.md": re.compile(r"`requirements.tsv`: (\d+) rules"),
}
LISTED = re.compile(r"\bX\(TCPR_RULE_\w+, *\"([^\"]*)\"\)")


class Catalogue:
    def __init__(self, root):
        folder = root / "specs" / "catalogue"
        self.rules = {row["id"] for row in rows(folder / "requirements.tsv")}
        self.sections = {(int(row["rfc"]), row["section"]) for row in rows(folder / "sections.tsv")}
        self.rfcs = {rfc for rfc, _ in self.sections}

    def lacks(self, rfc, section):
        return rfc in self.rfcs and (rfc, section) not in self.sections


def rows(path):
    with open(path, encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def one_line(text):
    """The text with each line break one space, and for each place in it the line it came from."""
    parts, lines, place, line = [], [], 0, 1
    for found in LINE_BREAK.finditer(text):
        parts.append(text[place : found.start()] + " ")
        lines += [line] * (found.start() - place + 1)
        place, line = found.end(), line + found.group().count("\n")
    parts.append(text[place:])
    return "".join(parts), lines + [line] * (len(text) - place + 1)


def own_rfc(name):
    """The RFC that a section without one belongs to, or None."""
    found = re.match(r"specs/rfc(\d+)/", name)
    if found:
        return int(found.group(1))
    return 9293 if name.startswith("engine/") else None


def section_faults(name, text, catalogue):
    """(place, fault) of every section that its RFC does not have."""
    cited = [(found.start(), int(found.group(1)), found.group(2)) for found in SECTION.finditer(text)]
    if own_rfc(name):
        cited += [(found.start(), own_rfc(name), found.group(1)) for found in SECTION_ALONE.finditer(text)]
    for place, rfc, numbers in cited:
        for number in re.findall(r"[0-9A-Z]+(?:\.\d+)*", numbers):
            if catalogue.lacks(rfc, number):
                yield place, f"RFC {rfc} has no section {number}"


def faults_of(name, text, catalogue):
    """What is wrong in one file: a list of "name:line: fault"."""
    text, lines = one_line(text)
    found = [(place.start(), "a path of one machine") for place in MACHINE_PATH.finditer(text)]
    if name not in NOT_READ:
        allowed = catalogue.rules | WRONG_ON_PURPOSE.get(name, set())
        cited = [(place.start(), place.group()) for place in RULE.finditer(text)]
        found += [(place, f"no rule {rule}") for place, rule in cited if rule not in allowed]
        found += section_faults(name, text, catalogue)
        known = catalogue.rfcs | KNOWN_WITHOUT_SECTIONS
        cited = [(place.start(), int(place.group(1))) for place in RFC.finditer(text)]
        found += [(place, f"RFC {rfc} is not known") for place, rfc in cited if rfc not in known]
    return [f"{name}:{lines[place]}: {fault}" for place, fault in sorted(found)]


def list_faults(text, catalogue):
    """The engine's list of rules: each is the catalogue's, or "none"."""
    listed = LISTED.findall(text)
    if not listed:
        return [f"{RULE_LIST}: no rules found"]
    return [f"{RULE_LIST}: no rule {rule}" for rule in listed if rule != "none" and rule not in catalogue.rules]


def transition_faults(entries, catalogue):
    """The section column of transitions.tsv: a section of RFC 9293, or the name of an RFC."""
    for line, entry in enumerate(entries, 2):
        section = entry["section"] or ""
        known = (9293, section) in catalogue.sections or re.fullmatch(r"RFC\d+", section)
        if not known:
            yield f"specs/catalogue/transitions.tsv:{line}: RFC 9293 has no section {section!r}"


def count_faults(name, text, catalogue):
    """The number of rules that a text tells of."""
    found = RULES_COUNTED[name].search(text)
    if not found or int(found.group(1)) != len(catalogue.rules):
        yield f"{name}: should tell of {len(catalogue.rules)} rules"


def tracked(root):
    """What git tracks; outside of a repository all but build/."""
    ask = ["git", "-c", "safe.directory=*", "-C", str(root), "ls-files", "-z"]
    try:
        names = subprocess.run(ask, check=True, capture_output=True).stdout.decode().split("\0")
    except (OSError, subprocess.CalledProcessError):
        names = [path.relative_to(root).as_posix() for path in root.rglob("*")]
        names = [name for name in names if name.split("/")[0] not in (".git", "build")]
    return sorted(name for name in names if name and (root / name).is_file())


def check(root, catalogue):
    faults = []
    names = tracked(root)
    for name in names:
        if name.startswith("corpus/"):
            continue  # inputs of fuzzers cite whatever they like
        faults += faults_of(name, (root / name).read_text(encoding="utf-8", errors="replace"), catalogue)
    faults += list_faults((root / RULE_LIST).read_text(encoding="utf-8"), catalogue)
    faults += transition_faults(rows(root / "specs/catalogue/transitions.tsv"), catalogue)
    for name in RULES_COUNTED:
        faults += count_faults(name, (root / name).read_text(encoding="utf-8"), catalogue)
    return names, faults


PLANTED = (
    ("docs/a.md", "as MUST-58 and MUST-158 say", ["no rule MUST-158"]),
    ("docs/a.md", "RFC6298-5-4, RFC6298-5-44", ["no rule RFC6298-5-44"]),
    ("docs/a.md", "(RFC 9293 section 3.10.7.9)", ["RFC 9293 has no section 3.10.7.9"]),
    ("docs/a.md", "RFC 9293 sections 3.5, 3.11 and 3.6", ["RFC 9293 has no section 3.11"]),
    ("docs/a.md", "RFC 9293 sections 3.5 and 3.12", ["RFC 9293 has no section 3.12"]),
    ("docs/a.md", "RFC 9293 appendix A.2, appendix A.9", []),
    ("docs/a.md", "RFC 9293 appendix A.9", ["RFC 9293 has no section A.9"]),
    ("docs/a.md", "RFC 791 section 99", []),
    ("docs/a.md", "RFC 99999", ["RFC 99999 is not known"]),
    ("engine/src/a.c", "/* RFC 5681 section\n * 4.9 */", ["RFC 5681 has no section 4.9"]),
    ("engine/src/a.c", "the sixth step of section 3.10.9", ["RFC 9293 has no section 3.10.9"]),
    ("specs/rfc7323/a.yaml", "Section 2.2: yes. Section 2.9: no", ["RFC 7323 has no section 2.9"]),
    ("docs/a.md", "see section 9.9 of this file", []),
    ("README.md", "cd /" + "work/main", ["a path of one machine"]),
    ("README.md", "in src/" + "work/main", []),
)


def self_test(catalogue):
    for name, text, expected in PLANTED:
        found = [fault.split(": ", 1)[1] for fault in faults_of(name, text, catalogue)]
        if found != expected:
            sys.exit(f"citations: in {text!r} expected {expected}, found {found}")
    if faults_of("a.c", "one\n\n * two MUST-998", catalogue) != ["a.c:3: no rule MUST-998"]:
        sys.exit("citations: the line of a fault is wrong")
    if len(list_faults('X(TCPR_RULE_NONE, "none") X(TCPR_RULE_X, "MUST-x")', catalogue)) != 1:
        sys.exit("citations: a wrong rule of the engine's list was not found")
    if len(list(transition_faults([{"section": "3.10.8"}, {"section": "3.10.9"}], catalogue))) != 1:
        sys.exit("citations: a wrong section of a transition was not found")
    if len(list(count_faults("specs/catalogue/README.md", "`requirements.tsv`: 7 rules", catalogue))) != 1:
        sys.exit("citations: a wrong number of rules was not found")
    print(f"citations: {len(PLANTED)} plants were judged rightly")


def main(arguments):
    roots = [word for word in arguments if word != "--self-test"]
    root = pathlib.Path(roots[0] if roots else ".").resolve()
    catalogue = Catalogue(root)
    if "--self-test" in arguments:
        return self_test(catalogue)
    names, faults = check(root, catalogue)
    print("\n".join(faults) or f"citations: {len(names)} files cite what exists")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
