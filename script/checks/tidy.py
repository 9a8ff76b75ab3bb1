#!/usr/bin/env python3
"""Holds the tree to the house's style: what docs/architecture.md and the compilers cannot see.

usage: tidy.py [--self-test] [TREE]

Exit status: 0 clean, 1 something was found (each as file:line: what), 2 usage.
"""
import os
import re
import statistics
import subprocess
import sys
import tempfile

FUNCTION_LINES_MAX = 70
FUNCTION_LINES_MEDIAN_MAX = 20
FILE_LINES_MAX = 600
LINE_COLUMNS_MAX = 120

BANNED = re.compile(
    r"\b(strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|atoll|alloca|system|popen|mktemp|tmpnam)\s*\(")
UNFINISHED = re.compile(r"\b(" + "FIX" + "ME|TO" + "DO|XX" + r"X)\b")
# The rooms in the order of docs/architecture.md: an include never goes to a later one.
ROOMS = ["engine", "harness", "reports", "fuzz"]
PROGRAM = ("harness/src/cli/", "harness/tests/", "reports/tests/")  # may use every room
# The engine stands on these alone; string.h for the mem* functions.
ENGINE_SYSTEM = {"stdbool.h", "stddef.h", "stdint.h", "string.h"}


def files_of(tree):
    """The files of the tree: what git tracks, else all but build."""
    try:
        out = subprocess.run(["git", "-C", tree, "ls-files", "-co", "--exclude-standard"], check=True,
                             capture_output=True, text=True).stdout
        return sorted(f for f in out.splitlines() if os.path.isfile(os.path.join(tree, f)))
    except (OSError, subprocess.CalledProcessError):
        found = []
        for folder, folders, names in os.walk(tree):
            folders[:] = [f for f in folders if f not in (".git", "build")]
            found += [os.path.relpath(os.path.join(folder, n), tree) for n in names]
        return sorted(found)


def functions(lines):
    """(first line, length) of each function: its braces stand alone in the first column."""
    begin = None
    for n, line in enumerate(lines, 1):
        if line == "{":
            begin = n
        elif line.startswith("}") and begin is not None:
            if line == "}":
                yield begin, n - begin - 1
            begin = None


def check_text(path, data, found):
    if b"\r" in data:
        found.append(f"{path}:1: a carriage return; lines end with LF")
    if data and not data.endswith(b"\n"):
        found.append(f"{path}:{data.count(bytes([10])) + 1}: no newline at the end")
    for n, line in enumerate(data.decode("utf-8", "replace").split("\n"), 1):
        if line != line.rstrip():
            found.append(f"{path}:{n}: blanks at the end of the line")
        if UNFINISHED.search(line):
            found.append(f"{path}:{n}: unfinished work belongs in an issue")


def check_length(path, lines, found):
    if len(lines) >= FILE_LINES_MAX:
        found.append(f"{path}:{FILE_LINES_MAX}: {len(lines)} lines; split it below {FILE_LINES_MAX}")


def without_comments(text):
    return re.sub(r"/\*.*?\*/|//[^\n]*", lambda m: re.sub(r"[^\n]", " ", m.group()), text, flags=re.S)


def room_of(path):
    return path.split("/")[0] if path.split("/")[0] in ROOMS else None


def included_room(name):
    if name.startswith("harness/") or name == "tcprove/stack.h":
        return "harness"
    if name.startswith("reports/"):
        return "reports"
    return "engine" if name.startswith("tcprove/") else None


def check_include(path, n, line, found):
    room = room_of(path)
    match = re.match(r'#include ([<"])([^>"]+)[>"]', line)
    if not match or room is None:
        return
    kind, name = match.groups()
    other = included_room(name) if kind == '"' else None
    if other and ROOMS.index(other) > ROOMS.index(room) and not path.startswith(PROGRAM):
        found.append(f"{path}:{n}: {room} includes {name} of {other}; an include never runs up the list")
    if path.startswith(("engine/src/", "engine/include/")) and kind == "<" and name not in ENGINE_SYSTEM:
        found.append(f"{path}:{n}: the engine includes <{name}>; it stands on {', '.join(sorted(ENGINE_SYSTEM))}")


def check_c(path, text, lengths, found):
    lines = text.split("\n")
    for n, line in enumerate(without_comments(text).split("\n"), 1):
        match = BANNED.search(line)
        if match:
            found.append(f"{path}:{n}: {match.group(1)} is banned; it has a bounded or clearer counterpart")
        check_include(path, n, line, found)
    for n, line in enumerate(lines, 1):
        if "\t" in line:
            found.append(f"{path}:{n}: a tab; indent by four blanks")
        if len(line) > LINE_COLUMNS_MAX and '"' not in line:  # text is not broken for the column's sake
            found.append(f"{path}:{n}: {len(line)} columns; at most {LINE_COLUMNS_MAX}")
    for n, length in functions(lines):
        lengths.append(length)
        if length > FUNCTION_LINES_MAX:
            found.append(f"{path}:{n}: a function of {length} lines; at most {FUNCTION_LINES_MAX}")


def check_format(tree, sources, found):
    for start in range(0, len(sources), 40):
        part = sources[start:start + 40]
        run = subprocess.run(["clang-format", "--dry-run", "--Werror", *part], cwd=tree, capture_output=True,
                             text=True, check=False)
        found += [line for line in run.stderr.splitlines() if "clang-format-violations" in line]


def check_shell(tree, scripts, found):
    if scripts:
        run = subprocess.run(["shellcheck", "--format=gcc", *scripts], cwd=tree, capture_output=True, text=True,
                             check=False)
        found += run.stdout.splitlines() + run.stderr.splitlines()


def check(tree):
    found, lengths, sources, scripts = [], [], [], []
    for path in files_of(tree):
        with open(os.path.join(tree, path), "rb") as file:
            data = file.read()
        if b"\0" in data or path.startswith("corpus/"):
            continue
        if path.endswith((".c", ".h", ".py", ".sh", ".txt", ".md", ".yaml", ".json")) or path.startswith("script/"):
            check_text(path, data, found)
        if re.match(rb"#!.*\b(ba)?sh\b", data):
            scripts.append(path)
        text = data.decode("utf-8", "replace")
        if path.endswith((".c", ".h", ".py", ".sh")):
            check_length(path, text.split("\n"), found)
        if path.endswith((".c", ".h")):
            sources.append(path)
            check_c(path, text, lengths, found)
    check_format(tree, sources, found)
    check_shell(tree, scripts, found)
    median = statistics.median(lengths) if lengths else 0
    if median > FUNCTION_LINES_MEDIAN_MAX:
        found.append(f"functions have {median} lines in the median; at most {FUNCTION_LINES_MEDIAN_MAX}")
    print(f"{len(sources)} C files, {len(lengths)} functions, median {median} lines, longest {max(lengths, default=0)}")
    return found


def planted(folder, style):
    """One file that breaks each rule; the words to be found."""
    body = "\n".join(["    x++;"] * (FUNCTION_LINES_MAX + 1))
    os.makedirs(os.path.join(folder, "engine/src"))
    with open(os.path.join(folder, "engine/src/bad.c"), "w", encoding="utf-8") as file:
        file.write('#include "harness/spec.h"\n#include <stdio.h>\nvoid f(char *a)\n{\n\tstrcpy(a, "x"); \n}\n'
                   "/* FIX" + "ME */\nvoid g(int x)\n{\n" + body + "\n}\n" + "\n" * FILE_LINES_MAX)
    with open(os.path.join(folder, "bad.sh"), "w", encoding="utf-8") as file:
        file.write("#!/bin/sh\ncd $1\n")
    with open(os.path.join(folder, ".clang-format"), "w", encoding="utf-8") as file:
        file.write(style)
    return ["strcpy is banned", "a tab", "blanks at the end", "unfinished", "a function of", "split it below",
            "harness/spec.h of harness", "the engine includes <stdio.h>", "clang-format", "SC2086"]


def self_test(tree):
    with open(os.path.join(tree, ".clang-format"), encoding="utf-8") as file:
        style = file.read()
    with tempfile.TemporaryDirectory() as folder:
        wanted = planted(folder, style)
        found = "\n".join(check(folder))
    missed = [word for word in wanted if word not in found]
    print("\n".join(f"not found: {word}" for word in missed) or "each planted fault was found")
    return 1 if missed else 0


def main(arguments):
    tree = os.path.join(os.path.dirname(os.path.realpath(__file__)), "../..")
    if "--self-test" in arguments:
        return self_test(tree)
    if len(arguments) > 1 or (arguments and arguments[0].startswith("-")):
        print(__doc__, file=sys.stderr)
        return 2
    found = check(arguments[0] if arguments else tree)
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
