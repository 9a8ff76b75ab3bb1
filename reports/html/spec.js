// The body of a spec: a button for each cell, and the chosen one's runs.
const rank = (row) => Math.max(...row.runs.map((run) => run ? run[1] : 0));

function worstRow(spec) {
    return spec.rows.reduce((worst, row, n) => rank(row) > rank(spec.rows[worst]) ? n : worst, 0);
}

function cellButton(row, choose) {
    const marks = row.runs.map((run, target) => make('i', {
        'data-t': target, class: 's-' + (standingOf(run) || 'skipped'),
        title: `${targets[target]}: ${verdictOf(run) || 'did not run'}`,
    }, MARKS[standingOf(run)] || ' '));
    const button = make('button', { type: 'button', class: 'cell' }, marks, ` ${row.cell} IPv${row.version}`);
    button.addEventListener('click', choose);
    return button;
}

function fillSpec(place, chosen) {
    const spec = specs[place.dataset.spec];
    const drawn = make('div', {});
    const choose = (n) => {
        buttons.forEach((button, i) => button.setAttribute('aria-pressed', i === n));
        drawn.replaceChildren(runColumns(spec, spec.rows[n], null));
        applyTarget(drawn);
    };
    const buttons = spec.rows.map((row, n) => cellButton(row, () => choose(n)));
    place.replaceChildren(make('div', { class: 'cells' }, buttons), drawn);
    choose(chosen === undefined ? worstRow(spec) : chosen);
}

function openSpec(details) {
    const place = details.querySelector('.runs');
    if (details.open && !place.hasChildNodes()) { fillSpec(place); }
}

function openMatter(details) {
    const place = details.querySelector('.drawn');
    if (!details.open || place.hasChildNodes()) { return; }
    const spec = specs[details.dataset.spec];
    place.append(runColumns(spec, spec.rows[details.dataset.row], Number(details.dataset.t)));
    applyTarget(place);
}
