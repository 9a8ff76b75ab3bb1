// One row of a ladder each: `height`, and `paint(group, y)`. Left is the tester's lifeline, right the target's.
const AT = { width: 700, time: 60, left: 122, right: 522, beside: 534, columns: 27 };
const MIDDLE = (AT.left + AT.right) / 2;

const label = (x, y, attributes, ...children) => draw('text', { x, y, ...attributes }, ...children);
const span = (words, name) => draw('tspan', { class: name }, words);

// What stands right of the target's lifeline: [words, class] each, wrapped.
function besideLines(pieces) {
    return pieces.flatMap(([words, name]) => wrap(words, AT.columns).map((line) => [line, name]));
}

function paintBeside(group, y, lines) {
    lines.forEach(([words, name], n) => group.append(label(AT.beside, y + 13 * n, { class: 'beside ' + name }, words)));
}

// The fields of a segment, [text, field] each: above the arrow who and where, below it the rest.
function fieldsOf(entry) {
    const above = [[entry.names.join(',') || 'none', 'CTL'], [`SEQ=${entry.seq}`, 'SEQ']];
    if (entry.names.includes('ACK')) { above.push([`ACK=${entry.ack}`, 'ACK']); }
    if (entry.len) { above.push([`LEN=${entry.len}`, 'DATA']); }
    const below = [[`WND=${entry.window}`, 'WND']];
    if (entry.ack && !entry.names.includes('ACK')) { below.push([`(ACK field ${entry.ack})`, 'ACK']); }
    for (const word of splitOptions(entry.options)) { below.push([word, fieldOfOption(word)]); }
    if (entry.remark) { below.push([entry.remark, 'UP']); }
    return { above, below };
}

// "MSS=1460 TS=1:2 "a b"": the quoted text at the end may hold blanks.
function splitOptions(options) {
    const quote = options.indexOf('"');
    const head = quote < 0 ? options : options.slice(0, quote);
    const words = head.split(' ').filter(Boolean);
    return quote < 0 ? words : [...words, options.slice(quote)];
}

const fieldOfOption = (word) => word.startsWith('"') ? 'DATA' : word.split('=')[0];

function spans(fields, wrong) {
    return fields.flatMap(([words, field], n) => {
        const classes = [field === 'CTL' ? 'ctl' : '', wrong.has(field) ? 'wrong' : ''].filter(Boolean).join(' ');
        return n ? [' ', span(words, classes)] : [span(words, classes)];
    });
}

function paintArrow(group, y, toTarget, name) {
    const [from, to] = toTarget ? [AT.left, AT.right] : [AT.right, AT.left];
    const back = toTarget ? -9 : 9;
    group.append(
        draw('line', { class: 'arrow ' + name, x1: from, y1: y, x2: to + back / 2, y2: y }),
        draw('path', { class: 'head ' + name, d: `M${to} ${y}l${back} -4.5v9z` }));
}

// Options that do not fit on one line go on the next.
function belowLines(fields, width) {
    const lines = [[]];
    let columns = 0;
    for (const field of fields) {
        if (columns + field[0].length > width && columns > 0) { lines.push([]); columns = 0; }
        lines[lines.length - 1].push(field);
        columns += field[0].length + 1;
    }
    return lines;
}

function arrowRow(entry, mark) {
    const toTarget = entry.kind === 'to';
    const fields = entry.segment ? fieldsOf(entry) : { above: [[entry.text, '']], below: [] };
    const below = belowLines(fields.below, 64);
    const beside = besideLines(mark.beside);
    const prefix = mark.named ? String.fromCharCode(97 + entry.connection % 26) + ': ' : '';
    const height = 22 + 12 * below.length, needed = 14 + 13 * beside.length;
    return {
        // Where the answer that was due follows, what stands beside may reach down to it.
        height: mark.followed ? height : Math.max(height, needed), rest: needed - height, entry,
        paint(group, y) {
            group.append(label(MIDDLE, y + 12, { class: 'fields' }, prefix, ...spans(fields.above, mark.wrong)));
            paintArrow(group, y + 17, toTarget, mark.name);
            below.forEach((line, n) => group.append(
                label(MIDDLE, y + 28 + 12 * n, { class: 'fields more' }, ...spans(line, mark.wrong))));
            paintBeside(group, y + 20, beside);
        },
    };
}

function pill(group, x, y, words, name) {
    const width = 12 + 6.5 * words.length;
    group.append(
        draw('rect', { class: 'pill ' + name, x: x - width / 2, y: y + 2, width, height: 16, rx: 8 }),
        label(x, y + 13.5, { class: 'state ' + name }, words));
}

// States entered on either side; '' where that side stays where it is.
function stateRow(entry, left, right, mark) {
    const beside = besideLines(mark.beside);
    return {
        height: Math.max(22, 22 + 13 * beside.length), entry,
        paint(group, y) {
            if (left) { pill(group, AT.left, y, left, 'inferred'); }
            if (right) { pill(group, AT.right, y, right, mark.name); }
            paintBeside(group, y + 30, beside);
        },
    };
}

function besideRow(entry, pieces) {
    const beside = besideLines(pieces);
    return {
        height: 6 + 13 * Math.max(1, beside.length), entry,
        paint(group, y) {
            group.append(draw('circle', { class: 'dot', cx: AT.right, cy: y + 9, r: 2.5 }));
            paintBeside(group, y + 13, beside);
        },
    };
}

function noteRow(entry, words, name) {
    const lines = wrap(words, 60);
    return {
        height: 6 + 13 * lines.length, entry,
        paint(group, y) {
            lines.forEach((line, n) => group.append(label(MIDDLE, y + 13 + 13 * n, { class: 'note ' + name }, line)));
        },
    };
}

// "first = 301" is shown as 301: what is written stands in the table.
const dueField = (d) => [`${d.field}=${d.expected.split(' = ').pop()}`, d.differs];

// The answer that was due, as a broken line from the target; what came otherwise is in bold.
function dueRow(fields, words, pieces, least) {
    const lines = fields.length ? belowLines(fields.map(dueField), 48) : wrap(words, 50).map((line) => [[line, true]]);
    const beside = besideLines(pieces);
    return {
        height: Math.max(20 + 13 * lines.length, 8 + 13 * beside.length, least),
        paint(group, y) {
            lines.forEach((line, n) => group.append(label(MIDDLE, y + 13 + 13 * n, { class: 'fields due' },
                n ? '' : span('expected ', 'faint'),
                ...line.flatMap(([field, differs]) => [span(field, differs ? 'right' : ''), ' ']))));
            paintArrow(group, y + 6 + 13 * lines.length, false, 'due');
            paintBeside(group, y + 13, beside);
        },
    };
}

// What should have been true and was not, where no segment bears it.
function missedRow(words, pieces, least) {
    const lines = wrap(words, 50), beside = besideLines(pieces);
    return {
        height: Math.max(8 + 13 * Math.max(lines.length, beside.length), least),
        paint(group, y) {
            lines.forEach((line, n) => group.append(label(MIDDLE, y + 13 + 13 * n, { class: 'fields' },
                n ? '' : span('expected ', 'faint'), span(line, 'right'))));
            paintBeside(group, y + 13, beside);
        },
    };
}
