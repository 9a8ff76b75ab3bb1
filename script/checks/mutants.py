#!/usr/bin/env python3
"""What ships knows nothing of the planted bugs, and their table is true.

The engine's sources are compiled twice by every compiler at hand: as they are, and with every TCPR_MUTANT(name, right,
wrong) struck out by hand down to its `right`, engine/src/mutant.h with it. The objects must be equal octet for octet.
Then engine/mutants/mutants.def is compared with the sources, specs/catalogue and docs/mutants.md.

usage: mutants.py [--objects | --table | --self-test] [ROOT]

--objects compares the objects alone; --table prints the table as docs/mutants.md has it.
"""
import concurrent.futures
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

COMPILERS = ("gcc", "clang")
LEVELS = ("-O0", "-O2")
FLAGS = ("-std=c11", "-fPIE", "-c", "-Iengine/include")
ENTRY = re.compile(r'^MUTANT\((\w+), "([^"]*)", "([^"]*)", "([^"]*)", "([^"]*)"\)$')
HEAD = "| mutant | bug | modelled on | rule | what the engine does |\n|---|---|---|---|---|\n"
PLANTED = "int planted(int x);\nint planted(int x)\n{\n    return TCPR_MUTANT(fin_overtakes_text, x, x + 1);\n}\n"


def entries(root):
    """(name, bug, model, rule, text) of each line of mutants.def."""
    found = []
    for line in (root / "engine/mutants/mutants.def").read_text().splitlines():
        match = ENTRY.match(line)
        if match:
            found.append(match.groups())
        elif line.startswith("MUTANT"):
            sys.exit(f"mutants: cannot read: {line}")
    return found


def table(root):
    return HEAD + "".join(f"| `{name}` | {bug} | {model} | {rule} | {text} |\n"
                          for name, bug, model, rule, text in entries(root))


def arguments_of(text, begin):
    """The arguments of a call whose first octet after the bracket is at `begin`, and where it ends."""
    depth, quote, at, found = 0, None, begin, []
    for n in range(begin, len(text)):
        c = text[n]
        if quote:
            quote = None if c == quote and text[n - 1] != "\\" else quote
        elif c in "\"'":
            quote = c
        elif c in "([{":
            depth += 1
        elif c in ")]}" and depth > 0:
            depth -= 1
        elif c == ")" or (c == "," and depth == 0):
            found.append(text[at:n])
            at = n + 1
            if c == ")":
                return found, at
    sys.exit("mutants: a TCPR_MUTANT without its end")


def without_mutants(text):
    """The source without the bugs; its lines keep their numbers, which assertions tell."""
    begin = text.find("TCPR_MUTANT(")
    while begin >= 0:
        arguments, end = arguments_of(text, begin + len("TCPR_MUTANT("))
        if len(arguments) != 3:
            sys.exit(f"mutants: TCPR_MUTANT with {len(arguments)} arguments: {arguments}")
        lines = text.count("\n", begin, end) - arguments[1].count("\n")
        text = text[:begin] + "(" + arguments[1].strip(" ") + ")" + "\n" * lines + text[end:]
        begin = text.find("TCPR_MUTANT(")
    text = text.replace('#include "mutant.h"', "")
    text = text.replace("TCPR_IS_MUTANT", "false")
    return text.replace("TCPR_ASSERTION_FAILED", "tcpr_assertion_failed")


def lay_out(root, place, strip):
    """A copy of the engine's sources in `place`; without the bugs if `strip`."""
    shutil.copytree(root / "engine/include", place / "engine/include")
    shutil.copytree(root / "engine/mutants", place / "engine/mutants")
    (place / "engine/src").mkdir()
    for source in (root / "engine/src").glob("*.[ch]"):
        if strip and source.name == "mutant.h":
            continue
        text = source.read_text()
        (place / "engine/src" / source.name).write_text(without_mutants(text) if strip else text)


def compile_all(place, command):
    """{source: object's octets}; compiled in `place`, so that both copies have the same paths."""
    def one(source):
        thing = source.with_suffix(".o")
        subprocess.run([*command, f"engine/src/{source.name}", "-o", str(thing)], cwd=place, check=True)
        return source.name, thing.read_bytes()

    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as workers:
        return dict(workers.map(one, sorted((place / "engine/src").glob("*.c"))))


def differing(places, extra=()):
    """Names of sources of which the objects of the two places differ, by build."""
    for compiler in [name for name in COMPILERS if shutil.which(name)]:
        for level in LEVELS:
            shipped = compile_all(places[0], [compiler, level, *FLAGS, *extra])
            stripped = compile_all(places[1], [compiler, level, *FLAGS])
            names = {name for name in shipped.keys() | stripped.keys() if shipped.get(name) != stripped.get(name)}
            yield f"{compiler} {level}", len(shipped), names


def check_objects(root):
    faults, compared = [], 0
    with tempfile.TemporaryDirectory() as folder:
        places = [pathlib.Path(folder) / "shipped", pathlib.Path(folder) / "stripped"]
        for place, strip in zip(places, (False, True)):
            lay_out(root, place, strip)
        for build, count, names in differing(places):
            compared += count
            faults += [f"{build}: {name} is not what it would be without the mutants" for name in sorted(names)]
    if compared == 0:
        faults.append("no compiler, or no sources")
    print(f"mutants: {compared} objects compared")
    return faults


def check_table(root):
    faults, listed = [], entries(root)
    names = [entry[0] for entry in listed]
    sources = "".join(path.read_text() for path in sorted((root / "engine/src").glob("*.[ch]"))
                      if path.name != "mutant.h")
    planted = set(re.findall(r"TCPR_MUTANT\((\w+)", sources))
    rules = {line.split("\t")[0] for line in (root / "specs/catalogue/requirements.tsv").read_text().splitlines()}
    bugs = set(re.findall(r"\b([A-Z]\d+) ", (root / "specs/catalogue/bugs.md").read_text()))
    faults += [f"{name} is listed and not planted" for name in sorted(set(names) - planted)]
    faults += [f"{name} is planted and not listed" for name in sorted(planted - set(names))]
    faults += [f"{name} is listed twice" for name in sorted({name for name in names if names.count(name) > 1})]
    faults += [f"{entry[0]}: no rule {entry[3]}" for entry in listed if entry[3] not in rules]
    faults += [f"{entry[0]}: no bug {entry[1]}" for entry in listed if entry[1] not in bugs]
    if table(root) not in (root / "docs/mutants.md").read_text():
        faults.append("docs/mutants.md has another table; script/checks/mutants.py --table prints this one")
    return faults


def self_test(root):
    """With the bugs compiled in, and with a header that leaves something behind, objects must differ."""
    with tempfile.TemporaryDirectory() as folder:
        places = [pathlib.Path(folder) / "shipped", pathlib.Path(folder) / "stripped"]
        for place, strip in zip(places, (False, True)):
            lay_out(root, place, strip)
            planted = '#include "mutant.h"\n' + PLANTED
            for source in (place / "engine/src").glob("*.c"):
                source.unlink()
            (place / "engine/src/planted.c").write_text(without_mutants(planted) if strip else planted)
        for extra, expected in (((), set()), (("-DTCPR_MUTANTS",), {"planted.c"})):
            for build, _, names in differing(places, extra):
                if names != expected:
                    sys.exit(f"mutants: {build} {extra}: {names} differ")
    if without_mutants('x = TCPR_MUTANT(a, f(1, ","), 2) + TCPR_MUTANT(b, 3,\n 4);') != 'x = (f(1, ",")) + (3)\n;':
        sys.exit("mutants: the mutants are not struck out rightly")
    print("mutants: the planted difference was found")


def main(arguments):
    roots = [word for word in arguments if not word.startswith("--")]
    root = pathlib.Path(roots[0] if roots else ".").resolve()
    if "--self-test" in arguments:
        return self_test(root)
    if "--table" in arguments:
        print(table(root), end="")
        return 0
    faults = check_objects(root) if "--objects" in arguments else check_table(root)
    print("\n".join(faults) or "mutants: nothing to say")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
