// Ties the parts together. Nothing is fetched, stored or sent.
function reveal(element) {
    for (let at = element; at; at = at.parentElement) {
        at.hidden = false;
        if (at.tagName === 'DETAILS') { at.open = true; }
    }
    element.scrollIntoView({ block: 'start' });
}

function followHash() {
    const element = location.hash.length > 1 && document.getElementById(decodeHash(location.hash.slice(1)));
    if (element && !['SECTION', 'HEADER'].includes(element.tagName)) { reveal(element); }
}

function decodeHash(hash) {
    try {
        return decodeURIComponent(hash);
    } catch {
        return hash;
    }
}

function onToggle(event) {
    if (event.target.matches('.spec')) { openSpec(event.target); }
    if (event.target.matches('.matter')) { openMatter(event.target); }
}

// A rule's own row shows the specs that cover it; elsewhere its id leads to that row.
function onClick(event) {
    const find = event.target.closest('a.find');
    if (!find) { return; }
    field('text').value = find.textContent;
    applyFilters();
}

function start() {
    const filters = document.getElementById('filters');
    fillFilters();
    filters.hidden = false;
    filters.addEventListener('input', applyFilters);
    filters.addEventListener('submit', (event) => event.preventDefault());
    filters.addEventListener('reset', () => setTimeout(applyFilters));
    document.addEventListener('toggle', onToggle, true);
    document.addEventListener('click', onClick);
    window.addEventListener('hashchange', followHash);
    document.querySelectorAll('.matter[open]').forEach(openMatter);
    applyFilters();
    followHash();
    document.documentElement.dataset.ready = 'yes';
}

start();
