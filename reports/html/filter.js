// What the filters let through. Each part of the page is hidden or shown whole.
const field = (name) => document.getElementById('f-' + name);
const rules = new Map([...document.querySelectorAll('#rules tr[id]')].map((row) => [row.id.slice(5), {
    row, rfc: row.dataset.rfc, level: row.dataset.level, statuses: row.dataset.s.split(' '),
    words: row.textContent.toLowerCase(),
}]));
const STATUS_OF = {
    pass: ['kept'], fail: ['broken', 'broken-known'], deviation: ['deviates', 'deviates-known'],
    known: ['broken-known', 'deviates-known'], unexpected: ['broken', 'deviates'], skip: ['undecided'],
    inconclusive: ['undecided'], undecided: ['undecided'], error: ['undecided'], 'not asked': ['unasked'],
};

function readFilters() {
    const target = field('target').value;
    return {
        words: field('text').value.toLowerCase().split(/\s+/).filter(Boolean), verdict: field('verdict').value,
        rfc: field('rfc').value, level: field('level').value, target: target === '' ? null : Number(target),
    };
}

const hasWords = (wanted, words) => wanted.words.every((word) => words.includes(word));
const only = (wanted, list) => wanted.target === null ? list : [list[wanted.target]];

function ruleMatches(wanted, rule) {
    return (!wanted.rfc || rule.rfc === wanted.rfc) && (!wanted.level || rule.level === wanted.level)
        && hasWords(wanted, rule.words)
        && (!wanted.verdict || only(wanted, rule.statuses).some((s) => STATUS_OF[wanted.verdict].includes(s)));
}

function runMatches(wanted, run) {
    return !!run && (!wanted.verdict || verdictOf(run) === wanted.verdict || standingOf(run) === wanted.verdict);
}

// Each spec's words, gathered once, when first asked for.
const wordsOfSpec = (spec) => spec.words ||= [spec.name, spec.title, ...spec.covers,
    ...spec.rows.map((row) => row.cell)].join(' ').toLowerCase();

function specMatches(wanted, spec) {
    const covered = (key) => spec.covers.some((id) => rules.get(id)?.[key] === wanted[key]);
    return (!wanted.rfc || covered('rfc')) && (!wanted.level || covered('level')) && hasWords(wanted, wordsOfSpec(spec))
        && ((!wanted.verdict && wanted.target === null)
            || spec.rows.some((row) => only(wanted, row.runs).some((run) => runMatches(wanted, run))));
}

function matterMatches(wanted, matter, shown) {
    const target = Number(matter.dataset.t);
    const run = specs[matter.dataset.spec].rows[matter.dataset.row].runs[target];
    const here = wanted.target === null || target === wanted.target;
    return shown[matter.dataset.spec] && here && runMatches(wanted, run);
}

function showEach(selector, matches) {
    let count = 0;
    for (const element of document.querySelectorAll(selector)) {
        element.hidden = !matches(element);
        count += !element.hidden;
    }
    return count;
}

// What holds nothing that is shown is not shown either.
function hideEmpty(selector, inner) {
    showEach(selector, (element) => !!element.querySelector(inner + ':not([hidden])'));
}

function applyTarget(place) {
    const wanted = readFilters();
    for (const element of place.querySelectorAll('[data-t]:not(.matter)')) {
        element.hidden = wanted.target !== null && Number(element.dataset.t) !== wanted.target;
    }
    for (const group of place.querySelectorAll('th[scope=colgroup]')) {
        group.colSpan = wanted.target === null ? targets.length : 1;
    }
}

function applyFilters() {
    const wanted = readFilters();
    const shown = specs.map((spec) => specMatches(wanted, spec));
    let asked = 0;
    for (const rule of rules.values()) { asked += !(rule.row.hidden = !ruleMatches(wanted, rule)); }
    hideEmpty('.rfc', 'tbody tr');
    const count = showEach('.spec', (element) => shown[element.id.slice(5)]);
    hideEmpty('.group', '.spec');
    showEach('.matter', (element) => matterMatches(wanted, element, shown));
    applyTarget(document);
    for (const matters of document.querySelectorAll('.matters:not([data-t])')) {
        matters.hidden = !matters.querySelector('.matter:not([hidden])');
    }
    field('shown').value = `${count} of ${specs.length} specs, ${asked} of ${rules.size} rules`;
}

const option = (value, words) => make('option', { value }, words);

function fillFilters() {
    const rfcs = [...new Set([...rules.values()].map((rule) => rule.rfc))];
    const levels = [...new Set([...rules.values()].map((rule) => rule.level))];
    field('verdict').append(option('', 'any'), ...['unexpected', 'known', 'undecided', ...VERDICTS, 'not asked']
        .map((name) => option(name, name)));
    field('rfc').append(option('', 'any'), ...rfcs.map((rfc) => option(rfc, rfc)));
    field('level').append(option('', 'any'), ...levels.map((level) => option(level, level)));
    field('target').append(option('', 'all'), ...targets.map((name, n) => option(n, name)));
}
