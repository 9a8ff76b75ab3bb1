#!/usr/bin/env python3
"""What the engine takes of a Cortex-M4, by gcc-arm-none-eabi at -Os: code by room of the house, RAM, and stack. Fails
where the engine asks for more than it may: anything of a C library but mem*, a 64-bit division, or more code or stack
than an embedder was told (docs/embedding.md).

usage: footprint.py [--features] ROOT        --features: what each feature adds to the smallest engine
exit status 77: there is no cross compiler
"""
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

COMPILER, TARGET = "arm-none-eabi-gcc", ("-mcpu=cortex-m4", "-mthumb")
FLAGS = ("-std=c11", "-Os", "-ffreestanding", "-ffunction-sections", "-fdata-sections")
LEAST = ("-DTCPR_FEATURES_BUILT=TCPR_FEATURES_LEAST", "-DTCPR_CONTROLLERS_BUILT=1")
WHOLE_MAX = 46 * 1024  # octets of code and constants, all that is in engine/src; the aim is 40 KiB
CONN_MAX = 31 * 1024   # ... of a program that talks, with every feature
LEAST_MAX = 22 * 1024  # ... and with no more than TCPR_FEATURES_LEAST; the aim was 24 KiB for RFC 9293 alone
STACK_MAX = 1600       # octets, the deepest any call goes
OUTSIDE = {"memcpy", "memset", "memcmp", "memmove", "tcpr_assertion_failed"}

# Which source is of which room.
ROOMS = {
    "a connection (RFC 9293, 5681, 6298, 5961)":
        "acknowledge address arrives arrives_other calls config congestion conn establish held icmp isn options output "
        "path_mtu reno reopen reply rtt sip text timers window",
    "segments to octets and back, checksums": "checksum emit parse",
    "what must always hold, asserted": "invariants",
    "the short way for what is expected next": "fast",
    "loss by SACK (RFC 6675, 6937), F-RTO (RFC 5682)": "frto prr sack",
    "RACK-TLP (RFC 8985)": "probe rack records",
    "undoing a needless retransmission (RFC 3522)": "eifel",
    "CUBIC (RFC 9438)": "cubic",
    "ECN (RFC 3168)": "ecn",
    "user timeout option (RFC 5482)": "user_timeout",
    "Fast Open (RFC 7413), both ends": "cookie fast_open host_fast",
    "a host: many connections": "host host_calls host_demux host_input host_linger host_listen host_port host_syn "
                                "host_wheel",
    "SYN cookies (RFC 4987)": "host_cookie",
    "a ring buffer": "ring",
    "words for reports: rules, states, acts": "names rule words",
}

# All that RFC 9293 section 3.10 lets a user and the network do with one connection, with checksums.
PROGRAM = """
#include "tcprove/tcprove.h"
struct tcpr_conn conn;
struct tcpr_config config;
struct tcpr_effects fx;
struct tcpr_report report;
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
    struct tcpr_icmp icmp = {.version = 4};
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
        tcpr_icmp_arrives(&conn, &config, now, &icmp, &fx);
        tcpr_send(&conn, &config, now, 1, false, &fx);
        tcpr_receive(&conn, &config, now, 1, &taken, &fx);
        tcpr_set(&conn, &config, now, (enum tcpr_setting)room[0], now);
        tcpr_status_of(&conn, &report);
        if (now >= tcpr_next_deadline(&conn)) { tcpr_time_passes(&conn, &config, now, &fx); }
        while (tcpr_next_segment(&conn, &config, now, &seg)) { tcpr_segment_emit(&seg, &ip, room, room); }
        tcpr_close(&conn, &config, now, &fx);
        tcpr_release(&conn, &config, now, &fx);
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


def compile_engine(root, folder, *built):
    """The objects of engine/src by name; beside each its .ci, which tells of calls and stack."""
    folder.mkdir()
    sources = sorted((root / "engine" / "src").glob("*.c"))

    def compile_one(source):
        thing = folder / (source.stem + ".o")
        run(COMPILER, *TARGET, *FLAGS, *built, "-Wall", "-Wextra", "-Werror", "-fcallgraph-info=su", "-I",
            root / "engine" / "include", "-c", source, "-o", thing)
        return source.stem, thing
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(pool.map(compile_one, sources))


def link_program(root, folder, objects):
    source, program = folder / "program.c", folder / "program.elf"
    source.write_text(PROGRAM, encoding="utf-8")
    run(COMPILER, *TARGET, *FLAGS, "-fno-builtin", "-nostdlib", "-Wl,--gc-sections", "-I",
        root / "engine" / "include", source, *objects.values(), "-o", program)
    return program


def by_room(objects):
    """Octets by room; sources that ROOMS does not name have one of their own."""
    sizes = {name: code_of(thing) for name, thing in objects.items()}
    rooms = {room: sum(sizes.pop(name, 0) for name in names.split()) for room, names in ROOMS.items()}
    return rooms | sizes


NODE = re.compile(r'node: \{ title: "([^"]+)" label: "[^"]*\\n(\d+) bytes \(static\)"')
EDGE = re.compile(r'edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"')


def deepest(objects):
    """(octets, calls) of the deepest path of calls. What goes by a pointer to a function (struct tcpr_sums) is a leaf."""
    own, calls = {}, {}
    for thing in objects.values():
        text = thing.with_suffix(".ci").read_text(encoding="utf-8")
        own.update((name, int(octets)) for name, octets in NODE.findall(text))
        for caller, callee in EDGE.findall(text):
            calls.setdefault(caller, set()).add(callee)
    known = {}

    def depth(name, above=()):
        assert name not in above, f"{name} calls itself, so there is no bound of the stack"
        if name not in known:
            below = max((depth(callee, above + (name,)) for callee in calls.get(name, ())), default=(0, ()))
            known[name] = (own.get(name, 0) + below[0], (name.rsplit(":", 1)[-1],) + below[1])
        return known[name]
    return max(depth(name) for name in own)


def print_features(root, folder):
    """What each feature adds to the smallest engine, with what it stands on."""
    header = (root / "engine" / "include" / "tcprove" / "config.h").read_text(encoding="utf-8")
    stands_on = {"DSACK": "SACK", "SACK_RECOVERY": "SACK", "PRR": "SACK_RECOVERY", "RACK": "SACK_RECOVERY",
                 "TLP": "RACK"}

    def measure(label, features, controllers=1):
        built = f"-DTCPR_FEATURES_BUILT=({features})", f"-DTCPR_CONTROLLERS_BUILT={controllers}"
        objects = compile_engine(root, folder / label, *built)
        return code_of(link_program(root, folder / label, objects))
    base = measure("least", "TCPR_FEATURES_LEAST")
    print(f"{base:6} TCPR_FEATURES_LEAST")
    least = re.search(r"define TCPR_FEATURES_LEAST.*?\n\n", header, re.S).group()
    for name in re.findall(r"^    TCPR_FEATURE_(\w+)", header, re.M):
        features, below = f"TCPR_FEATURES_LEAST|TCPR_FEATURE_{name}", stands_on.get(name)
        while below:
            features += f"|TCPR_FEATURE_{below}"
            below = stands_on.get(below)
        if re.search(rf"TCPR_FEATURE_{name}\b", least):
            features = f"TCPR_FEATURES_LEAST&~TCPR_FEATURE_{name}"
        print(f"{measure(name, features) - base:+6} {name}")
    print(f"{measure('cubic', 'TCPR_FEATURES_LEAST', 2) - base:+6} CUBIC")


def measure_all(root, folder):
    """@return what is wrong, a list of lines"""
    objects = compile_engine(root, folder / "whole")
    least_objects = compile_engine(root, folder / "least", *LEAST)
    program, least_program = (link_program(root, thing["conn"].parent, thing) for thing in (objects, least_objects))
    whole, conn, least = code_of(*objects.values()), code_of(program), code_of(least_program)
    stack, path = deepest(objects)
    version = re.search(r"\d+\.\d+\.\d+", run(COMPILER, "--version")).group()
    print(f"Cortex-M4, gcc {version}, -Os: octets of code and constants")
    for room, octets in by_room(objects).items():
        print(f"{octets:7} {room}")
    print(f"{whole:7} all of the engine\n{conn:7} a program that talks, with every feature\n"
          f"{least:7} ... with TCPR_FEATURES_LEAST\n"
          f"RAM: {size_of(program, 'conn')} octets a connection, {size_of(program, 'config')} for the configuration, "
          f"{size_of(program, 'fx')} for the effects\nstack: {stack} octets at most, {' > '.join(path)}")
    limits = (("code in all", whole, WHOLE_MAX), ("code for a program with every feature", conn, CONN_MAX),
              ("code for the least", least, LEAST_MAX), ("stack", stack, STACK_MAX))
    foreign = asked_for([*objects.values()]) - OUTSIDE
    return ([f"the engine asks for {name}" for name in sorted(foreign)]
            + [f"more than {most} octets of {what}" for what, octets, most in limits if octets > most])


def main():
    root = pathlib.Path(sys.argv[-1]).resolve()
    if not shutil.which(COMPILER):
        print(f"skipped: there is no {COMPILER}")
        return 77
    with tempfile.TemporaryDirectory(prefix="tcprove-arm-") as name:
        if "--features" in sys.argv:
            print_features(root, pathlib.Path(name))
            return 0
        faults = measure_all(root, pathlib.Path(name))
        print("\n".join(faults), end="\n" if faults else "")
        return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
