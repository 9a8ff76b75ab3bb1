"""Every piece of C in a document stands in the file it names, word for word: check_excerpts.py ROOT DOCUMENT.

A piece is fenced by ```c and follows a line <!-- excerpt: FILE -->. Its lines stand in a row in FILE, wherever they
are indented to; a line of three dots alone stands for any number of lines. --self-test plants faults and finds them.
"""
import pathlib
import re
import sys
import textwrap

PIECE = re.compile(r"(?:<!-- excerpt: (\S+) -->\n)?```c\n(.*?)```", re.DOTALL)


def stripped(text):
    return [line.strip() for line in text.strip("\n").split("\n")]


def stands_in(piece, lines):
    """The parts between the dots, one after the other."""
    at = 0
    for part in re.split(r"^\s*\.\.\.\n", piece, flags=re.MULTILINE):
        part = stripped(textwrap.dedent(part))
        while at + len(part) <= len(lines) and lines[at:at + len(part)] != part:
            at += 1
        if at + len(part) > len(lines):
            return False
        at += len(part)
    return True


def faults(document, read):
    """What is wrong, and how many pieces there are."""
    found, count = [], 0
    for match in PIECE.finditer(document):
        line = document.count("\n", 0, match.start()) + 1
        count += 1
        if match[1] is None:
            found.append(f"{line}: a piece of C that names no file")
        elif not stands_in(match[2], stripped(read(match[1]))):
            found.append(f"{line}: this does not stand in {match[1]}")
    return found, count


def self_test():
    def read(_):
        return "int f(void)\n{\n    return 1;\n}\n\nint g(void)\n{\n    return 2;\n}\n"

    def of(piece, named=True):
        return faults(("<!-- excerpt: f.c -->\n" if named else "") + f"```c\n{piece}\n```\n", read)

    assert of("return 1;") == ([], 1)
    assert of("int f(void)\n{\n...\nreturn 2;\n}") == ([], 1)
    assert len(of("return 3;")[0]) == 1
    assert len(of("return 2;\n...\nreturn 1;")[0]) == 1
    assert len(of("int f(void)\n{\n}")[0]) == 1
    assert len(of("return 1;", named=False)[0]) == 1


def main(root, name):
    found, count = faults(pathlib.Path(root, name).read_text(), lambda file: pathlib.Path(root, file).read_text())
    for fault in found:
        print(f"{name}:{fault}")
    print(f"{count} excerpts, {len(found)} faults")
    return 1 if found or count == 0 else 0


if sys.argv[1:] == ["--self-test"]:
    self_test()
else:
    sys.exit(main(*sys.argv[1:]))
