'use strict';
// The runs as src/html/data.c packs them. A text is a number into `strings`; an absent tail is empty.
const packed = JSON.parse(document.getElementById('data').textContent);
const text = (n) => packed.strings[n || 0];
const VERDICTS = ['pass', 'fail', 'deviation', 'skip', 'inconclusive', 'error'];
const STANDINGS = ['fine', 'skipped', 'known', 'undecided', 'unexpected'];
const MARKS = { fine: '✓', skipped: '–', known: '~', undecided: '?', unexpected: '✗' };
const KINDS = { 1: 'to', 2: 'from', 3: 'call', 4: 'event', 5: 'state', 6: 'rule', 7: 'note' };
const CONTROL = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG', 'ECE', 'CWR'];
const CONTROL_ORDER = [1, 0, 2, 3, 4, 5, 6, 7];

const targets = packed.targets.map(text);

function readEntry(e, at) {
    const entry = {
        kind: KINDS[e[0]], at, failing: !!(e[2] & 1), given: !!(e[2] & 2), segment: !!(e[2] & 4),
        connection: e[2] >> 3, place: text(e[3]),
    };
    if (!entry.segment) { return { ...entry, text: text(e[4]), rule: text(e[5]) }; }
    const names = CONTROL_ORDER.filter((bit) => e[6] >> bit & 1).map((bit) => CONTROL[bit]);
    return {
        ...entry, seq: e[4], ack: e[5], control: e[6], names, len: e[7], window: e[8], options: text(e[9]),
        remark: text(e[10]),
    };
}

function readTrace(trace) {
    let at = 0;
    return trace.map((e) => readEntry(e, at += e[1]));
}

const readDifference = (d) => ({ field: text(d[0]), expected: text(d[1]), got: text(d[2]), differs: !!d[3] });
const readFinding = (f) => ({ rule: text(f[0]), text: text(f[1]), entry: f[2], known: text(f[3]) });

function readRun(r) {
    return {
        verdict: VERDICTS[r[0]], standing: STANDINGS[r[1]], trace: readTrace(r[2]), attempts: r[3] || 1,
        reason: text(r[4]), rule: text(r[5]), place: text(r[6]), step: text(r[7]), known: text(r[8]),
        differences: (r[9] || []).map(readDifference), findings: (r[10] || []).map(readFinding),
    };
}

const specs = packed.specs.map((s) => ({
    name: text(s[0]), title: text(s[1]), file: text(s[2]), covers: s[3].map(text),
    rows: s[4].map((r) => ({ cell: text(r[0]), version: r[1], runs: r.slice(2) })),
}));

// Verdict and standing of a packed run, which is 0 where the target did not run.
const verdictOf = (run) => run ? VERDICTS[run[0]] : '';
const standingOf = (run) => run ? STANDINGS[run[1]] : '';
