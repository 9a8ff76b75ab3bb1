// Elements, made by name; text goes in as text and never as markup.
const SVG = 'http://www.w3.org/2000/svg';

function fill(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes || {})) {
        if (value !== undefined && value !== false) { element.setAttribute(name, value === true ? '' : value); }
    }
    element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ''));
    return element;
}

const make = (name, attributes, ...children) => fill(document.createElement(name), attributes, children);
const draw = (name, attributes, ...children) => fill(document.createElementNS(SVG, name), attributes, children);

function ruleLink(id) {
    return make('a', { class: 'rule', href: '#rule-' + id }, id);
}

function chip(standing, words) {
    return make('span', { class: 'chip s-' + standing }, words);
}

// Lines of at most `columns` characters, broken at blanks where there are any.
function wrap(words, columns) {
    const lines = [];
    let line = '';
    for (let word of words.split(' ')) {
        while (word.length > columns) {
            if (line) { lines.push(line); line = ''; }
            lines.push(word.slice(0, columns));
            word = word.slice(columns);
        }
        if (line && line.length + 1 + word.length > columns) { lines.push(line); line = ''; }
        line = line ? line + ' ' + word : word;
    }
    if (line) { lines.push(line); }
    return lines;
}
