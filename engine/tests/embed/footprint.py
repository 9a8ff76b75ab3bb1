#!/usr/bin/env python3
"""Code and RAM of the engine on a Cortex-M4, by gcc-arm-none-eabi at -Os: prints both, and fails where the engine asks
for more than it may: anything of a C library but mem*, a 64-bit division, or more code than an embedder was told.

usage: footprint.py ROOT          exit status 77: there is no cross compiler
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

COMPILER, TARGET = "arm-none-eabi-gcc", ("-mcpu=cortex-m4", "-mthumb")
FLAGS = ("-std=c11", "-Os", "-ffreestanding", "-ffunction-sections", "-fdata-sections")
WHOLE_MAX = 50 * 1024  # octets of code and constants, all of the engine with its host, ECN and Fast Open; the aim was 40 KiB
LEAST_MAX = 30 * 1024  # ... of one connection with all that the config can choose; the aim was 24 KiB for RFC 9293 alone
OUTSIDE = {"memcpy", "memset", "memcmp", "memmove", "tcpr_assertion_failed"}

# One connection and what moves it; no names for reports, no ring, no codec of one's own.
LEAST = """
#include "tcprove/tcprove.h"
struct tcpr_conn conn;
struct tcpr_config config;
struct tcpr_effects fx;
volatile tcpr_time now;
uint8_t room[1500];
_Noreturn void tcpr_assertion_failed(const char *c, const char *f, int l) { (void)c; (void)f; (void)l; for (;;) {} }
void *memcpy(void *to, const void *from, size_t n)
{ unsigned char *t = to; const unsigned char *f = from; while (n--) { *t++ = *f++; } return to; }
void *memmove(void *to, const void *from, size_t n) { return memcpy(to, from, n); }
void *memset(void *to, int c, size_t n) { unsigned char *t = to; while (n--) { *t++ = (unsigned char)c; } return to; }
int memcmp(const void *a, const void *b, size_t n)
{ const unsigned char *x = a, *y = b; for (; n; n--, x++, y++) { if (*x != *y) { return *x - *y; } } return 0; }
void _start(void)
{
    struct tcpr_open open = {.local_port = 80};
    struct tcpr_ip ip = {.version = 4};
    struct tcpr_segment seg;
    uint32_t taken;
    tcpr_config_default(&config);
    tcpr_conn_init(&conn);
    tcpr_open_passive(&conn, &config, now, &open, &fx);
    tcpr_open_active(&conn, &config, now, &open, &fx);
    for (;;) {
        if (tcpr_segment_parse(room, sizeof room, &ip, &seg) == TCPR_PARSE_OK) {
            tcpr_segment_arrives(&conn, &config, now, &ip, &seg, &fx);
        }
        tcpr_send(&conn, &config, now, 1, false, &fx);
        tcpr_receive(&conn, &config, now, 1, &taken, &fx);
        if (now >= tcpr_next_deadline(&conn)) { tcpr_time_passes(&conn, &config, now, &fx); }
        while (tcpr_next_segment(&conn, &config, now, &seg)) { tcpr_segment_emit(&seg, &ip, room, room); }
        tcpr_close(&conn, &config, now, &fx);
        tcpr_abort(&conn, &config, now, &fx);
    }
}
"""


def run(*command):
    return subprocess.run([str(word) for word in command], check=True, stdout=subprocess.PIPE, text=True).stdout


def code_of(*objects):
    """Octets of code and constants."""
    return sum(int(line.split()[0]) for line in run("arm-none-eabi-size", *objects).splitlines()[1:])


def size_of(program, name):
    for line in run("arm-none-eabi-nm", "-S", program).splitlines():
        words = line.split()
        if len(words) == 4 and words[3] == name:
            return int(words[1], 16)
    raise AssertionError(f"{name} is not in the program")


def asked_for(objects):
    """Symbols no object of the engine defines."""
    table = [line.split() for line in run("arm-none-eabi-nm", "-g", "-P", *objects).splitlines()]
    table = [words for words in table if len(words) > 1]
    own = {words[0] for words in table if words[1] != "U"}
    return {words[0] for words in table if words[1] == "U"} - own


def compile_engine(root, folder):
    objects = []
    for source in sorted((root / "engine" / "src").glob("*.c")):
        objects.append(folder / (source.stem + ".o"))
        run(COMPILER, *TARGET, *FLAGS, "-Wall", "-Wextra", "-Werror", "-I", root / "engine" / "include", "-c", source,
            "-o", objects[-1])
    return objects


def link_least(root, folder, objects):
    source, program = folder / "least.c", folder / "least.elf"
    source.write_text(LEAST, encoding="utf-8")
    run(COMPILER, *TARGET, *FLAGS, "-fno-builtin", "-nostdlib", "-Wl,--gc-sections", "-I",
        root / "engine" / "include", source, *objects, "-o", program)
    return program


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    if not shutil.which(COMPILER):
        print(f"skipped: there is no {COMPILER}")
        return 77
    with tempfile.TemporaryDirectory(prefix="tcprove-arm-") as name:
        folder = pathlib.Path(name)
        objects = compile_engine(root, folder)
        foreign = asked_for(objects) - OUTSIDE
        program = link_least(root, folder, objects)
        whole, least = code_of(*objects), code_of(program)
        version = re.search(r"\d+\.\d+\.\d+", run(COMPILER, "--version")).group()
        print(f"Cortex-M4, gcc {version}, -Os: {whole} octets of code for all of the engine, {least} for one that "
              f"opens, talks and closes; {size_of(program, 'conn')} octets of RAM a connection, "
              f"{size_of(program, 'config')} for the configuration, {size_of(program, 'fx')} for the effects")
        if foreign:
            print(f"the engine asks for {', '.join(sorted(foreign))}")
        if whole > WHOLE_MAX:
            print(f"more than {WHOLE_MAX} octets of code in all")
        if least > LEAST_MAX:
            print(f"more than {LEAST_MAX} octets of code for one connection")
        return 1 if foreign or whole > WHOLE_MAX or least > LEAST_MAX else 0


if __name__ == "__main__":
    sys.exit(main())
