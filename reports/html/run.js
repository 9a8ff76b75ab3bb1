// One run on one target: its verdict in words and its ladder.
function dl(pairs) {
    const kept = pairs.filter(([, value]) => value && value.length);
    return kept.length
        ? make('dl', {}, kept.flatMap(([name, value]) => [make('dt', {}, name), make('dd', {}, value)])) : '';
}

const summaryOf = (id) => {
    const row = document.getElementById('rule-' + id);
    return row ? row.querySelector('.words').textContent : '';
};

function verdictWords(run) {
    const ruled = run.rule && run.verdict !== 'pass';
    return dl([
        ['rule', ruled ? [ruleLink(run.rule), ' ', summaryOf(run.rule)] : ''],
        ['at', run.place && run.verdict !== 'pass' ? [make('code', {}, run.place), ' ', run.step] : ''],
        ['because', run.reason],
        ['known', run.known],
        ...run.findings.map((f) => ['monitor', [ruleLink(f.rule), ` ${f.text}${f.known && ` (known: ${f.known})`}`]]),
        ['attempts', run.attempts > 1 ? String(run.attempts) : ''],
    ]);
}

function differenceTable(run) {
    if (!run.differences.length) { return ''; }
    const line = (name, key, mark) => make('tr', {}, make('th', { scope: 'row' }, name),
        run.differences.map((d) => make('td', { class: d.differs ? mark : undefined }, d[key])));
    return make('div', { class: 'scroll' }, make('table', { class: 'diff' },
        make('thead', {}, make('tr', {}, make('td'),
            run.differences.map((d) => make('th', { scope: 'col' }, d.field)))),
        make('tbody', {}, line('expected', 'expected', 'right'), line('got', 'got', 'wrong'))));
}

function runColumn(spec, row, target, brief) {
    const column = make('div', { class: brief ? 'column first' : 'column', 'data-t': target });
    const stored = row.runs[target];
    const run = stored ? readRun(stored) : null;
    column.append(make('h4', {}, targets[target], ' ', run
        ? chip(run.standing, `${MARKS[run.standing]} ${run.verdict}`)
        : make('span', { class: 'faint' }, 'did not run')));
    if (!run) { return column; }
    if (!brief) { column.append(verdictWords(run), differenceTable(run)); }
    if (run.trace.length) {
        const words = `${spec.name} ${row.cell} IPv${row.version} on ${targets[target]}: ${run.verdict}`;
        column.append(make('div', { class: 'scroll' }, ladder(run, words, false)));
    }
    return column;
}

// All targets, side by side where there is room; of `brief` the words are elsewhere on the page.
function runColumns(spec, row, brief) {
    const columns = targets.map((_, target) => runColumn(spec, row, target, brief === target));
    return make('div', { class: 'columns' }, columns);
}
