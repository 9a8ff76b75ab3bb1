// Opens the reports that dump_html wrote: node browser.test.js FOLDER CHROMIUM. Exit status 0: all held.
'use strict';
const assert = require('node:assert/strict');
const path = require('node:path');
const { chromium } = require('playwright-core');

const [folder, executablePath] = process.argv.slice(2);

// A page with what it complains of and what it asks the network for.
async function open(browser, file, options) {
    const page = await browser.newPage(options);
    page.setDefaultTimeout(120000); // the machine may be busy
    const complaints = [], asked = [];
    page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('dialog', (dialog) => { complaints.push('a dialog'); dialog.dismiss(); });
    page.on('request', (request) => asked.push(request.url()));
    await page.goto('file://' + path.resolve(folder, file));
    return { page, complaints, asked };
}

async function close({ page, complaints, asked }) {
    assert.deepEqual(complaints, [], 'console');
    assert.equal(asked.length, 1, `only the file itself is loaded: ${asked}`);
    await page.close();
}

const texts = (page, selector) => page.locator(selector).allTextContents();
const shown = (page, selector) => page.locator(selector + ':visible').count();

async function failureIsDrawnAtOnce(browser) {
    const opened = await open(browser, 'plain.html');
    const { page } = opened;
    assert.equal(await shown(page, '#filters'), 1);
    assert.equal(await page.locator('.matter .ladder').count(), 2, 'both targets side by side');
    const failing = page.locator('.matter .ladder:has(.arrow.bad)');
    assert.equal(await failing.count(), 1);
    assert.deepEqual(await failing.locator('tspan.wrong').allTextContents(), ['RST']);
    assert.deepEqual(await failing.locator('.due tspan.right').allTextContents(), ['ACK=101', 'CTL=ACK']);
    assert.match((await failing.locator('.beside.bad').allTextContents()).join(' '), /MUST-14 another segment/);
    const boxes = await page.locator('.matter .column').all();
    const [left, right] = await Promise.all(boxes.map((box) => box.boundingBox()));
    assert.ok(right.x >= left.x + left.width, 'columns do not overlap');
    await close(opened);
}

async function filtersHideAndShow(browser) {
    const opened = await open(browser, 'plain.html');
    const { page } = opened;
    assert.equal(await shown(page, '.spec'), 2);
    await page.selectOption('#f-verdict', 'fail');
    assert.equal(await shown(page, '.spec'), 1);
    assert.equal(await shown(page, '.matter'), 1);
    await page.selectOption('#f-target', { label: 'engine (tcprove 0.1.0)' });
    assert.equal(await shown(page, '.spec'), 0);
    assert.equal(await shown(page, '.matter'), 0);
    assert.equal(await shown(page, '.matters'), 0, 'nor an empty heading, nor what the other target skipped');
    const columns = await page.evaluate(() => [...document.querySelectorAll('.summary tr')].map((row) =>
        [...row.cells].reduce((sum, cell) => sum + (cell.hidden ? 0 : cell.colSpan), 0)));
    assert.deepEqual([...new Set(columns)].sort(), [4, 5], 'each level has the chosen target alone');
    await page.click('#filters button');
    await page.waitForFunction(() => document.querySelectorAll('.spec:not([hidden])').length === 2);
    await page.fill('#f-text', 'OTHER');
    assert.deepEqual(await texts(page, '.spec:visible .what b'), ['other']);
    await page.fill('#f-text', 'must-14');
    assert.match(await page.locator('#f-shown').textContent(), /^2 of 2 specs, 1 of \d+ rules/);
    await page.fill('#f-text', '');
    await page.selectOption('#f-rfc', '5961');
    await page.selectOption('#f-level', 'MAY');
    assert.equal(await shown(page, '.spec'), 0);
    await close(opened);
}

async function specOpensAndCellsChange(browser) {
    const opened = await open(browser, 'plain.html');
    const { page } = opened;
    const spec = page.locator('.spec', { hasText: 'sample' }).first();
    assert.equal(await spec.locator('.ladder').count(), 0, 'nothing is drawn before it is asked for');
    await page.locator('.spec', { has: page.locator('.s-unexpected') }).locator('summary').click();
    const open_ = page.locator('.spec[open]');
    assert.equal(await open_.locator('.cell').count(), 2);
    assert.equal(await open_.locator('.cell[aria-pressed=true]').textContent(), '✓✗ offset=1 IPv4');
    assert.equal(await open_.locator('.ladder .band').count(), 2);
    assert.deepEqual(await open_.locator('.ladder .inferred.state').first().allTextContents(), ['SYN-SENT']);
    assert.ok((await open_.locator('.ladder .state:not(.inferred)').allTextContents()).includes('ESTABLISHED'));
    await open_.locator('.cell').nth(1).click();
    assert.match(await open_.locator('.column').nth(1).textContent(), /skip.*no state/);
    await close(opened);
}

async function longLadderUnfolds(browser) {
    const opened = await open(browser, 'plain.html');
    const { page } = opened;
    await page.locator('.spec', { hasText: 'other' }).locator('summary').click();
    const long = page.locator('.spec[open] .ladder');
    assert.ok(await long.locator('.row').count() < 50);
    assert.match((await long.locator('.folded').textContent()), /79 more rows/);
    assert.match(await long.locator('.more').last().textContent(), /ACK field 7/);
    await long.locator('.folded').click();
    assert.equal(await long.locator('.row').count(), 100);
    await close(opened);
}

async function ruleLinksLeadToTheirRow(browser) {
    const opened = await open(browser, 'plain.html');
    const { page } = opened;
    await page.locator('.matter a.rule').first().click();
    await page.waitForFunction(() => document.querySelector('#rule-MUST-14').closest('details').open);
    await page.locator('#rule-MUST-14 a.find').click();
    assert.equal(await page.inputValue('#f-text'), 'MUST-14');
    await close(opened);
}

async function hostileTextStaysText(browser) {
    const opened = await open(browser, 'hostile.html');
    const { page } = opened;
    await page.evaluate(() => document.querySelectorAll('details').forEach((details) => { details.open = true; }));
    await page.waitForFunction(() => [...document.querySelectorAll('.runs')].every((place) => place.hasChildNodes()));
    for (const cell of await page.locator('.cell').all()) { await cell.click(); }
    assert.equal(await page.evaluate(() => window.broken), undefined, 'nothing ran');
    assert.equal(await page.locator('img, iframe, object, embed, link').count(), 0);
    assert.equal(await page.locator('script').count(), 2);
    assert.ok((await page.locator('body').innerText()).includes('<script>window.broken=1</script>'), 'it is shown');
    assert.ok((await texts(page, '.ladder')).some((words) => words.includes('<script>')), 'in ladders too');
    await page.fill('#f-text', '<img');
    assert.equal(await shown(page, '.spec'), 1);
    await close(opened);
}

// What would run if it were markup is stopped by the policy too.
async function policyStopsWhatIsPutIn(browser) {
    const { page } = await open(browser, 'plain.html');
    await page.evaluate(() => {
        window.stopped = 0;
        document.addEventListener('securitypolicyviolation', () => { window.stopped++; });
        const script = document.createElement('script');
        script.textContent = 'window.broken = 1';
        document.body.append(script);
        document.body.insertAdjacentHTML('beforeend', '<img src="data:," onerror="window.broken = 2">');
    });
    await page.waitForFunction(() => window.stopped >= 3); // the script, the image and its handler
    assert.equal(await page.evaluate(() => window.broken), undefined);
    await page.close();
}

async function sumsNeedNoScript(browser) {
    const opened = await open(browser, 'plain.html', { javaScriptEnabled: false });
    const { page } = opened;
    assert.equal(await shown(page, '.target'), 2);
    assert.equal(await shown(page, '.summary'), 1);
    assert.equal(await shown(page, '.matter .wrong'), 2);
    assert.equal(await shown(page, '#filters'), 0);
    assert.equal(await shown(page, 'noscript'), 1);
    await close(opened);
}

async function emptyReportOpens(browser) {
    const opened = await open(browser, 'empty.html');
    assert.equal(await shown(opened.page, '.nothing'), 1);
    await close(opened);
}

async function narrowPageScrollsInItsParts(browser) {
    const opened = await open(browser, 'plain.html', { viewport: { width: 380, height: 800 }, colorScheme: 'dark' });
    const width = await opened.page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= 380, `the page itself is ${width} wide`);
    await close(opened);
}

async function main() {
    const args = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage']; // as containers need it
    const browser = await chromium.launch({ executablePath, args, timeout: 120000 });
    const tests = [failureIsDrawnAtOnce, filtersHideAndShow, specOpensAndCellsChange, longLadderUnfolds, ruleLinksLeadToTheirRow,
        hostileTextStaysText, policyStopsWhatIsPutIn, sumsNeedNoScript, emptyReportOpens, narrowPageScrollsInItsParts];
    let failed = 0;
    for (const test of tests) {
        try {
            await test(browser);
            console.log(`ok ${test.name}`);
        } catch (error) {
            failed++;
            console.log(`not ok ${test.name}\n${error.stack}`);
        }
    }
    await browser.close();
    return failed;
}

main().then((failed) => { process.exitCode = failed ? 1 : 0; });
