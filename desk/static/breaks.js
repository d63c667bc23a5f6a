// Where long words may break.
import { h } from './dom.js';

const ADDRESS = /[^\s@<>()"“”]+@[\w-]+(?:\.[\w-]+)+/gu;

/**
 * A text in which e-mail addresses break at @ and dots rather than in the middle of "com".
 * @param {string} text
 * @returns {import('./dom.js').Child[]}
 */
export function withBreaks(text) {
  const parts = [];
  let from = 0;
  for (const match of text.matchAll(ADDRESS)) {
    parts.push(text.slice(from, match.index));
    for (const piece of match[0].split(/(?<=@)|(?=\.)/)) parts.push(h('wbr', null), piece);
    from = match.index + match[0].length;
  }
  return [...parts, text.slice(from)];
}
