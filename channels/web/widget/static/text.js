/** Message text to safe nodes: everything is text, except links that we made ourselves. */

import { h } from './dom.js';
import { words } from './words.js';

// Bidirectional controls are left out of links, or an address could be made to read as another one.
const LINK = /https?:\/\/[^\s<>"'`\u200e\u200f\u202a-\u202e\u2066-\u2069]+|(?<![^\s(])\/help(?:\/[\w-]+|\/?\?q=[\w%+.-]+)?(?![\w/])/giu;
// Order numbers and words such as "e-mail": short, and hard to read in two lines.
const WHOLE = /(?<![\p{L}\p{N}-])(?:\p{L}-\p{L}+|(?=[\p{L}-]*\p{N})[\p{L}\p{N}]+(?:-[\p{L}\p{N}]+)+)(?![\p{L}\p{N}-])/gu;
const LONGEST_WHOLE = 20; // characters, which fit beside each other on any phone
const TRAILING = /[.,;:!?…'"»]+$/u;

/**
 * @param {string} text
 * @param {string} server base that `/help` links resolve against
 * @returns {(string | Node)[]}
 */
export function textNodes(text, server) {
  const nodes = [];
  let from = 0;
  for (const match of text.matchAll(LINK)) {
    const label = trimmed(match[0]);
    const href = address(label, server);
    if (!href) continue;
    nodes.push(...unbroken(text.slice(from, match.index)), link(label, href));
    from = match.index + label.length;
  }
  nodes.push(...unbroken(text.slice(from)));
  return nodes.filter((node) => node !== '');
}

/** @param {string} text @returns {(string | Node)[]} */
function unbroken(text) {
  const nodes = [];
  let from = 0;
  for (const match of text.matchAll(WHOLE)) {
    if (match[0].length > LONGEST_WHOLE) continue;
    nodes.push(text.slice(from, match.index), h('span', { class: 'whole' }, match[0]));
    from = match.index + match[0].length;
  }
  return [...nodes, text.slice(from)];
}

/** A sentence's full stop, or the bracket around an address, does not belong to it. @param {string} label */
function trimmed(label) {
  let kept = label.replace(TRAILING, '');
  while (kept.endsWith(')') && !balanced(kept)) kept = kept.slice(0, -1).replace(TRAILING, '');
  return kept;
}

/** @param {string} label */
const balanced = (label) => label.split('(').length >= label.split(')').length;

/** @param {string} label @param {string} server @returns {string | null} an http(s) address, or nothing */
function address(label, server) {
  try {
    const url = label.startsWith('/') ? new URL(`.${label}`, server) : new URL(label);
    return url.protocol === 'http:' || url.protocol === 'https:' ? url.href : null;
  } catch {
    return null;
  }
}

/** @param {string} label @param {string} href */
function link(label, href) {
  const hint = h('span', { class: 'hidden' }, ` ${words.newTab}`);
  return h('a', { href, target: '_blank', rel: 'noopener noreferrer', dir: 'ltr' }, label, hint);
}

/** Characters as the server counts them: code points. @param {string} text */
export const characters = (text) => [...text].length;
