#!/usr/bin/env python3
"""Every public header compiles alone, as C11 and as C++17, without a warning.

usage: headers.py [--self-test] [ROOT]
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile

LANGUAGES = (
    ("gcc", "c", "c11"),
    ("g++", "c++", "c++17"),
    ("clang", "c", "c11"),
    ("clang++", "c++", "c++17"),
)
WARNINGS = ("-Wall", "-Wextra", "-Wpedantic", "-Werror")
DIRECTORIES = ("engine/include", "harness/include")
HEADERS = ("engine/include/tcprove/*.h", "harness/include/tcprove/stack.h")

PLANTED = """
#ifndef PLANTED_H
#define PLANTED_H
uint32_t planted(void);
#endif
"""


def faults_of(root, headers):
    """What the compilers say, one text for each header and compiler that complained."""
    faults = []
    compilers = [language for language in LANGUAGES if shutil.which(language[0])]
    if {language for _, language, _ in compilers} != {"c", "c++"}:
        sys.exit("headers: a C and a C++ compiler are needed")
    for header in headers:
        for compiler, language, standard in compilers:
            places = [word for name in DIRECTORIES for word in ("-I", str(root / name))]
            # Twice: the second must be a no-op.
            ask = [compiler, "-x", language, f"-std={standard}", *WARNINGS, *places, "-fsyntax-only"]
            source = f'#include "{header}"\n#include "{header}"\n'
            done = subprocess.run([*ask, "-"], input=source, text=True, stderr=subprocess.PIPE, check=False)
            if done.returncode:
                faults.append(f"{header}: {compiler} {standard}:\n{done.stderr}")
    return faults


def self_test(root):
    with tempfile.TemporaryDirectory() as place:
        planted = pathlib.Path(place) / "planted.h"
        planted.write_text(PLANTED)
        found = faults_of(root, [planted])
        planted.write_text(PLANTED.replace("uint32_t", "#include <stdint.h>\nuint32_t", 1))
        mended = faults_of(root, [planted])
    expected = sum(1 for compiler, _, _ in LANGUAGES if shutil.which(compiler))
    if len(found) != expected or not all("uint32_t" in fault for fault in found) or mended:
        sys.exit(f"headers: {len(found)} of {expected} compilers missed the include, {len(mended)} when it was there")
    print("headers: the missing include was found")


def main(arguments):
    roots = [word for word in arguments if word != "--self-test"]
    root = pathlib.Path(roots[0] if roots else ".").resolve()
    if "--self-test" in arguments:
        return self_test(root)
    headers = sorted(header for pattern in HEADERS for header in root.glob(pattern))
    if len(headers) < len(HEADERS):
        sys.exit(f"headers: no headers in {root}")
    faults = faults_of(root, headers)
    print("\n".join(faults) or f"headers: {len(headers)} compile alone")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
