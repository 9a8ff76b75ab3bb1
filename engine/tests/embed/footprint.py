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
LEAST_MAX = 20 * 1024  # octets of code and constants; the aim was 24 KiB for what RFC 9293 alone asks
CONN_MAX = 31 * 1024
HOST_MAX = 43 * 1024
LTO_MAX = 40 * 1024    # the aim for the whole
WHOLE_MAX = 48 * 1024
STACK_MAX = 1600
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
    "unused windows age (RFC 7661), HyStart++ (RFC 9406)": "hystart validate",
    "RACK-TLP (RFC 8985)": "probe rack records",
    "undoing a needless retransmission (RFC 3522)": "eifel",
    "CUBIC (RFC 9438)": "cubic",
    "ECN (RFC 3168)": "ecn",
    "accurate ECN (RFC 9768)": "accurate",
    "user timeout option (RFC 5482)": "user_timeout",
    "Fast Open (RFC 7413), both ends": "cookie fast_open host_fast",
    "a host: many connections": "host host_calls host_demux host_input host_linger host_listen host_port host_syn "
                                "host_wheel",
    "SYN cookies (RFC 4987)": "host_cookie",
    "a ring buffer": "ring",
    "words for reports: rules, states, faults": "faults names rule words",
}

# What an embedder brings. The hook heeds its arguments, and the configuration may be any: nothing is known beforehand.
EMBEDDER = """
#include "tcprove/tcprove.h"
const char *volatile condition, *volatile file;
volatile int line;
_Noreturn void tcpr_assertion_failed(const char *c, const char *f, int l)
{ condition = c; file = f; line = l; for (;;) {} }
#define KEPT __attribute__((used))
KEPT void *memcpy(void *to, const void *from, size_t n)
{ unsigned char *t = to; const unsigned char *f = from; while (n--) { *t++ = *f++; } return to; }
KEPT void *memmove(void *to, const void *from, size_t n) { return memcpy(to, from, n); }
KEPT void *memset(void *to, int c, size_t n)
{ unsigned char *t = to; while (n--) { *t++ = (unsigned char)c; } return to; }
KEPT int memcmp(const void *a, const void *b, size_t n)
{ const unsigned char *x = a, *y = b; for (; n; n--, x++, y++) { if (*x != *y) { return *x - *y; } } return 0; }
struct tcpr_config config;
struct tcpr_config *volatile chosen = &config;
volatile tcpr_time now;
uint8_t room[1500];
struct tcpr_open open = {.local_port = 80};
struct tcpr_ip ip = {.version = 4};
struct tcpr_icmp icmp = {.version = 4};
struct tcpr_segment seg;
uint32_t taken;
"""

# All that RFC 9293 section 3.10 lets a user and the network do with one connection, with checksums.
CONN = EMBEDDER + """
struct tcpr_conn conn;
struct tcpr_effects fx;
struct tcpr_report report;
KEPT void _start(void)
{
    tcpr_config_default(chosen);
    tcpr_conn_init(&conn);
    tcpr_open_passive(&conn, chosen, now, &open, &fx);
    tcpr_open_active(&conn, chosen, now, &open, &fx);
    for (;;) {
        if (tcpr_segment_parse(room, sizeof room, &ip, &seg) == TCPR_PARSE_OK) {
            tcpr_segment_arrives(&conn, chosen, now, &ip, &seg, &fx);
        }
        tcpr_icmp_arrives(&conn, chosen, now, &icmp, &fx);
        tcpr_send(&conn, chosen, now, 1, false, &fx);
        tcpr_receive(&conn, chosen, now, 1, &taken, &fx);
        tcpr_set(&conn, chosen, now, (enum tcpr_setting)room[0], now);
        tcpr_status_of(&conn, &report);
        if (now >= tcpr_next_deadline(&conn)) { tcpr_time_passes(&conn, chosen, now, &fx); }
        while (tcpr_next_segment(&conn, chosen, now, &seg)) { tcpr_segment_emit(&seg, &ip, room, room); }
        tcpr_close(&conn, chosen, now, &fx);
        tcpr_release(&conn, chosen, now, &fx);
        tcpr_abort(&conn, chosen, now, &fx);
    }
}
"""

# Every call of tcprove/host.h.
HOST = EMBEDDER + """
static uint8_t memory[65536] __attribute__((aligned(64)));
struct tcpr_host_options options = {.connections = 8, .time_wait = 8, .syn_queue = 8, .listeners = 2, .addresses = 1};
struct tcpr_listen listen = {.port = 80};
struct tcpr_listener listener;
struct tcpr_handle c;
struct tcpr_host_result result;
struct tcpr_host_output output;
struct tcpr_host_counts counts;
KEPT void _start(void)
{
    struct tcpr_host *h = tcpr_host_init(memory, &options, now);
    tcpr_config_default(chosen);
    tcpr_host_add_address(h, room, 4);
    tcpr_host_listen(h, chosen, now, &listen, &listener);
    tcpr_host_connect(h, chosen, now, &open, &c, &result);
    for (;;) {
        if (tcpr_segment_parse(room, sizeof room, &ip, &seg) == TCPR_PARSE_OK) {
            tcpr_host_input(h, chosen, now, &ip, &seg, &result);
        }
        tcpr_host_icmp(h, chosen, now, &ip, 1, 2, &icmp, &result);
        tcpr_host_accept(h, listener, &c);
        tcpr_host_send(h, chosen, now, c, 1, false, &result);
        tcpr_host_receive(h, chosen, now, c, 1, &taken, &result);
        tcpr_host_set(h, chosen, now, c, (enum tcpr_setting)room[0], now);
        tcpr_host_listener_set(h, chosen, now, listener, (enum tcpr_setting)room[0], now);
        while (tcpr_host_time_passes(h, chosen, now, &result)) {}
        while (tcpr_host_next_segment(h, chosen, now, &output)) { tcpr_segment_emit(&output.seg, &ip, room, room); }
        now = tcpr_host_next_deadline(h);
        tcpr_host_addresses(h, c, &ip);
        c = tcpr_host_find(h, &ip, 1, 2);
        c = tcpr_host_next(h, c);
        tcpr_host_count(h, &counts);
        taken = tcpr_host_state(h, &ip, 1, 2) + (tcpr_host_conn(h, c) != NULL);
        tcpr_host_expect(h, &ip, 1, 2);
        tcpr_host_close(h, chosen, now, c, &result);
        tcpr_host_release(h, chosen, now, c, &result);
        tcpr_host_abort(h, chosen, now, c, &result);
        tcpr_host_unlisten(h, chosen, now, listener, &result);
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


def link_program(root, program, text, inputs, *flags):
    """@return the program made of `text` and objects or sources, without what it does not call"""
    source = program.with_suffix(".c")
    source.write_text(text, encoding="utf-8")
    run(COMPILER, *TARGET, *FLAGS, *flags, "-nostdlib", "-Wl,--gc-sections", "-I", root / "engine" / "include", source,
        *inputs, "-o", program)
    return program


def by_room(objects):
    """Octets by room; sources that ROOMS does not name have one of their own."""
    sizes = {name: code_of(thing) for name, thing in objects.items()}
    rooms = {room: sum(sizes.pop(name, 0) for name in names.split()) for room, names in ROOMS.items()}
    return rooms | sizes


NODE = re.compile(r'node: \{ title: "([^"]+)" label: "[^"]*\\n(\d+) bytes \(static\)"')
EDGE = re.compile(r'edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"')


def deepest(objects):
    """(octets, calls) of the deepest path of calls. What goes by a pointer (struct tcpr_sums) is a leaf."""
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
        return code_of(link_program(root, folder / f"{label}.elf", CONN, objects.values()))
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


def untrue(figures, page):
    """Lines about what the page's table tells that is not so, by more than a tenth."""
    told = {what: int(octets) for octets, what in re.findall(r"^\| (\d+) \| (.+) \|$", page, re.M)}
    return ([f"docs/embedding.md tells of {what}, which is not measured" for what in told if what not in figures]
            + [f"docs/embedding.md tells of {octets} octets for {what}, and it is {figures[what]}"
               for what, octets in told.items() if what in figures and abs(octets - figures[what]) > figures[what] // 10]
            + ([] if len(told) > 20 else ["docs/embedding.md has lost its table"]))


def measure_all(root, folder):
    """@return what is wrong, a list of lines"""
    objects = compile_engine(root, folder / "whole")
    least_objects = compile_engine(root, folder / "least", *LEAST)
    sources = sorted((root / "engine" / "src").glob("*.c"))
    conn = link_program(root, folder / "conn.elf", CONN, objects.values())
    programs = {
        "RFC 9293: one connection, TCPR_FEATURES_LEAST":
            (link_program(root, folder / "least.elf", CONN, least_objects.values()), LEAST_MAX),
        "one connection, every feature": (conn, CONN_MAX),
        "a host, every feature": (link_program(root, folder / "host.elf", HOST, objects.values()), HOST_MAX),
        "... compiled as one (-flto)":
            (link_program(root, folder / "lto.elf", HOST, sources, "-flto", "-flto-partition=one"), LTO_MAX),
    }
    sizes = {what: (code_of(program), most) for what, (program, most) in programs.items()}
    sizes["all that is in engine/src"] = (code_of(*objects.values()), WHOLE_MAX)
    sizes["stack, the deepest path"], path = (deepest(objects)[0], STACK_MAX), deepest(objects)[1]
    print(f"{run(COMPILER, '--version').splitlines()[0]}, {' '.join(TARGET)} -Os: octets")
    figures = by_room(objects) | {what: octets for what, (octets, _) in sizes.items()}
    figures |= {f"RAM for struct {what}": size_of(conn, what) for what in ("conn", "config", "fx")}
    for what, octets in figures.items():
        print(f"{octets:7} {what}")
    print(f"the deepest path: {' > '.join(path)}")
    return (untrue(figures, (root / "docs" / "embedding.md").read_text(encoding="utf-8")) + [f"the engine asks for {name}" for name in sorted(asked_for([*objects.values()]) - OUTSIDE)]
            + [f"{what}: more than {most} octets" for what, (octets, most) in sizes.items() if octets > most])


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
