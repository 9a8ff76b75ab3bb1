#!/usr/bin/env python3
"""The engine keeps no state and calls nobody.

Compiles engine/src with every compiler at hand, hosted and freestanding, and looks into the objects: nothing writable,
and nothing undefined but what the engine itself defines, its one hook, and the four functions that a C compiler may
call on its own account.

usage: purity.py [--self-test] [ROOT]
"""
import concurrent.futures
import pathlib
import shutil
import subprocess
import sys
import tempfile

COMPILERS = ("gcc", "clang")
MODES = ((), ("-ffreestanding",))
FLAGS = ("-std=c11", "-O2", "-fPIE", "-c")
OUTSIDE = {"memcpy", "memset", "memcmp", "memmove", "tcpr_assertion_failed", "_GLOBAL_OFFSET_TABLE_"}
WRITABLE = (".data", ".bss", ".tdata", ".tbss")  # .data.rel.ro too: whoever loads the engine would have to relocate it

PLANTED = """
#include <stdlib.h>
int planted_count(void);
void *planted_call(void);
int planted_count(void) { static int count; return ++count; }
void *planted_call(void) { return malloc(7); }
"""


def output_of(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def is_writable(section):
    return any(section == name or section.startswith(name + ".") for name in WRITABLE)


def writable_sections(thing):
    for line in output_of("objdump", "-h", str(thing)).splitlines():
        words = line.split()
        if len(words) > 2 and words[0].isdigit() and is_writable(words[1]) and int(words[2], 16):
            yield f"{words[1]} holds {int(words[2], 16)} octets"


def symbols(thing):
    """(kind, name) of every symbol with outside linkage: U undefined, C common, others defined."""
    for line in output_of("nm", "-g", "-P", str(thing)).splitlines():
        name, kind = line.split()[:2]
        yield kind, name


def faults_of(objects):
    """What is impure in the objects of one build, a list of lines."""
    table = {thing: list(symbols(thing)) for thing in objects}
    own = {name for entries in table.values() for kind, name in entries if kind not in "Uw"}
    faults = []
    for thing, entries in table.items():
        found = list(writable_sections(thing))
        found += [f"{name} is common storage" for kind, name in entries if kind == "C"]
        found += [f"{name} comes from outside" for kind, name in entries if kind in "Uw" and name not in own | OUTSIDE]
        faults += [f"{thing.stem}.c: {fault}" for fault in found]
    return faults


def compile_all(compiler, mode, sources, include, place):
    def one(source):
        thing = place / (source.stem + ".o")
        subprocess.run([compiler, *FLAGS, *mode, "-I", str(include), str(source), "-o", str(thing)], check=True)
        return thing

    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as workers:
        return list(workers.map(one, sources))


def builds(sources, include):
    """(name of the build, its faults), one for each compiler and mode."""
    compilers = [name for name in COMPILERS if shutil.which(name)]
    if not compilers:
        sys.exit("purity: no compiler found")
    for compiler in compilers:
        for mode in MODES:
            with tempfile.TemporaryDirectory() as place:
                objects = compile_all(compiler, mode, sources, include, pathlib.Path(place))
                yield " ".join((compiler,) + mode), faults_of(objects)


def self_test(include):
    with tempfile.TemporaryDirectory() as place:
        planted = pathlib.Path(place) / "planted.c"
        planted.write_text(PLANTED)
        for build, faults in builds([planted], include):
            for expected in (".bss holds 4 octets", "malloc comes from outside"):
                if f"planted.c: {expected}" not in faults:
                    sys.exit(f"purity: {build} did not find: {expected}")
    print("purity: the planted counter and call were found")


def main(arguments):
    roots = [word for word in arguments if word != "--self-test"]
    engine = pathlib.Path(roots[0] if roots else ".") / "engine"
    if "--self-test" in arguments:
        return self_test(engine / "include")
    sources = sorted((engine / "src").glob("*.c"))
    if not sources:
        sys.exit(f"purity: no sources in {engine}")
    lines = [f"{build}: {fault}" for build, faults in builds(sources, engine / "include") for fault in faults]
    print("\n".join(lines) or f"purity: {len(sources)} sources are pure")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
