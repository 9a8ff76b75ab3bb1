// The exchange of one run as SVG.
const clock = (us) => `${Math.floor(us / 1e6)}.${String(us % 1e6).padStart(6, '0')}`;
// So few entries of `given` are not folded; of longer ladders so many rows stay at the head, and around what failed.
const MAY_FOLD = 3;
const ROWS = { most: 44, head: 5, before: 16, behind: 12 };

// How an entry is drawn: failing red with the deciding rule beside it, one the monitor names amber.
function markOf(run, entry, n, named) {
    const found = run.findings.filter((f) => f.entry === n && entry.kind !== 'note');
    const beside = found.flatMap((f) => [[f.rule, 'warn strong'], [f.text, 'warn']]);
    const wrong = new Set();
    if (entry.failing) {
        beside.unshift(...whyOf(run));
        run.differences.filter((d) => d.differs).forEach((d) => wrong.add(d.field));
    }
    const name = entry.failing ? 'bad' : found.length ? 'warn' : '';
    return { name, beside, wrong, named, followed: isFollowed(run, entry) };
}

// The step in a reader's words; what a fence waits for is that nothing comes before its echo.
const dueWords = (run) => run.step.replace(/^expect: /, '').replace(/^fence:.*/, 'silence') || 'otherwise';

const whyOf = (run) => [['✗ ' + (run.rule || run.verdict), 'bad strong'], [run.reason, 'bad']];

// A failure that no entry bears: something was due and did not come, or a relation does not hold.
function missingRows(run) {
    const decided = ['fail', 'deviation', 'inconclusive', 'error'].includes(run.verdict);
    if (!decided || run.trace.some((entry) => entry.failing)) { return []; }
    const row = run.step.startsWith('expect:') ? dueRow([], dueWords(run), whyOf(run), 0)
        : missedRow(dueWords(run), whyOf(run), 0);
    return [{ ...row, failing: true }];
}

const isDatagram = (entry) => entry.kind === 'from' || entry.kind === 'to';
const isFollowed = (run, entry) => entry.failing && isDatagram(entry) && !!run.step;

function failingRows(run, entry, row) {
    const rows = [{ ...row, wrongTime: run.differences.some((d) => d.differs && d.field === 'TIME') }];
    if (isFollowed(run, entry)) {
        rows.push(run.step.startsWith('expect:') ? dueRow(run.differences, dueWords(run), [], row.rest)
            : missedRow(dueWords(run), [], row.rest));
    }
    return rows.map((each) => ({ ...each, failing: true }));
}

function besideOf(entry, named) {
    const whose = named ? String.fromCharCode(97 + entry.connection % 26) + ': ' : '';
    if (entry.kind === 'call') { return [[whose + '▸ ' + entry.text, 'call']]; }
    if (entry.kind === 'event') { return [[whose + '◂ ' + entry.text, 'event']]; }
    return [[entry.rule, 'because strong'], [entry.text, 'because']];
}

function rowOf(entry, mark, moved) {
    switch (entry.kind) {
    case 'to':
    case 'from': return arrowRow(entry, mark);
    case 'note': return noteRow(entry, entry.text, '');
    case 'state': return moved || entry.failing
        ? stateRow(entry, '', entry.text, mark) : besideRow(entry, [['= ' + entry.text, 'faint']]);
    default: return besideRow(entry, [...besideOf(entry, mark.named), ...mark.beside]);
    }
}

// Rows of one entry, and behind them the states it brought about.
function rowsOf(run, n, states, memory) {
    const entry = run.trace[n];
    const told = toldState(entry);
    const key = entry.connection;
    const moved = told && told !== memory.right.get(key) ? told : '';
    const left = states[n] !== (memory.left.get(key) || 'CLOSED') ? states[n] : '';
    memory.left.set(key, states[n]);
    if (told) { memory.right.set(key, told); }
    const row = rowOf(entry, markOf(run, entry, n, memory.named), moved);
    const rows = entry.failing ? failingRows(run, entry, row) : [row];
    const right = entry.kind === 'rule' ? moved : '';
    return left || right ? [...rows, stateRow(entry, left, right, { beside: [], name: '' })] : rows;
}

function foldRow(entries) {
    const segments = entries.filter((e) => e.segment).length;
    const file = entries[entries.length - 1].place.replace(/:\d+$/, '').replace(/^.*\//, '');
    const count = segments ? `${segments} segment${segments === 1 ? '' : 's'}, ` : '';
    const words = `⋯ given: ${count}${file} ⋯`;
    return { ...noteRow(entries[0], words, 'fold'), fold: true };
}

function gapRow(rows) {
    return { ...noteRow(rows[0].entry, `⋯ ${rows.length} more rows ⋯`, 'fold'), fold: true };
}

// A long ladder keeps its head and what leads to the failure, or to the end.
function shorten(rows) {
    if (rows.length <= ROWS.most) { return rows; }
    const failing = rows.findIndex((row) => row.failing);
    const at = failing < 0 ? rows.length : failing;
    const from = Math.max(ROWS.head, at - ROWS.before), to = Math.min(rows.length, at + ROWS.behind);
    const gap = (some) => some.length > 1 ? [gapRow(some)] : some;
    return [...rows.slice(0, ROWS.head), ...gap(rows.slice(ROWS.head, from)), ...rows.slice(from, to),
        ...gap(rows.slice(to))];
}

function layout(run, unfolded) {
    const states = peerStates(run.trace);
    const memory = { left: new Map(), right: new Map(), named: run.trace.some((e) => e.connection > 0) };
    const given = run.trace.filter((e) => e.given);
    const fold = !unfolded && given.length >= MAY_FOLD && given.length < run.trace.length
        && !given.some((e) => e.failing);
    const rows = fold ? [foldRow(given)] : [];
    run.trace.forEach((entry, n) => {
        const own = rowsOf(run, n, states, memory);
        if (!fold || !entry.given) { rows.push(...own); }
    });
    if (fold) { rows.splice(1, 0, ...statesAfterGiven(run, states)); }
    rows.push(...missingRows(run));
    return unfolded ? rows : shorten(rows);
}

// Where the folded part has brought both sides.
function statesAfterGiven(run, states) {
    let left = '', right = '';
    run.trace.forEach((entry, n) => {
        if (!entry.given) { return; }
        left = states[n] === 'CLOSED' ? '' : states[n];
        right = toldState(entry) || right;
    });
    return left || right ? [stateRow({ ...run.trace[0], at: -1 }, left, right, { beside: [], name: '' })] : [];
}

function paintTime(group, y, entry, last, wrongTime) {
    if (!entry || entry.at < 0 || entry.at === last) { return last; }
    const place = draw('title', {}, entry.place || '');
    const name = wrongTime ? 'time wrong' : 'time';
    group.append(label(AT.time, y + 14, { class: name }, clock(entry.at), place));
    return entry.at;
}

function paintRows(svg, rows) {
    let y = 34, last = -1;
    for (const row of rows) {
        const group = draw('g', { class: row.fold ? 'row folded' : 'row' });
        if (row.failing) {
            group.append(draw('rect', { class: 'band', x: 0, y, width: AT.width, height: row.height }));
        }
        last = paintTime(group, y, row.fold ? null : row.entry, last, row.wrongTime);
        row.paint(group, y);
        svg.append(group);
        y += row.height;
    }
    return y;
}

function paintFrame(svg, height) {
    svg.append(
        label(AT.left, 14, { class: 'end' }, 'tester'), label(AT.right, 14, { class: 'end' }, 'target'),
        draw('line', { class: 'life', x1: AT.left, y1: 22, x2: AT.left, y2: height - 6 }),
        draw('line', { class: 'life', x1: AT.right, y1: 22, x2: AT.right, y2: height - 6 }));
}

function ladder(run, words, unfolded) {
    const rows = layout(run, unfolded);
    const height = rows.reduce((sum, row) => sum + row.height, 34) + 10;
    const svg = draw('svg',
        { class: 'ladder', viewBox: `0 0 ${AT.width} ${height}`, role: 'img', 'aria-label': words });
    const bands = draw('g', {});
    svg.append(bands);
    paintFrame(svg, height);
    paintRows(svg, rows);
    bands.append(...svg.querySelectorAll('.band'));
    for (const folded of svg.querySelectorAll('.folded')) {
        folded.addEventListener('click', () => svg.replaceWith(ladder(run, words, true)));
    }
    return svg;
}
