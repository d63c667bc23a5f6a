/** The list of messages: draws what changed, keeps the newest in sight, leaves the reader alone otherwise. */

import { h, setText } from './dom.js';
import { fileList } from './files.js';
import { textNodes } from './text.js';
import { absolute, dayName, relative } from './time.js';
import { words } from './words.js';

const NEAR_END_PX = 80;
const GROUP_MS = 5 * 60_000;

/**
 * @typedef {import('./store.js').Entry} Entry
 * @typedef {{server: string, press: (title: string, payload: string) => void,
 *            fetchFile: import('./files.js').Fetch, retry: () => void, edit: (id: string) => void, scrolled: (atEnd: boolean) => void}} Actions
 */

/** Who said it, as people call them. @param {{author: string, agent?: string | null}} entry */
export function authorName({ author, agent }) {
  if (author === 'customer') return words.you;
  if (author === 'agent') return agent ?? words.person;
  return author === 'bot' ? words.assistant : words.notice;
}

/** @param {Actions} actions */
export function createLog(actions) {
  const greeting = h('p', { class: 'greeting', dir: 'auto' });
  const list = h('ol', { class: 'list' });
  const typing = h('p', { class: 'typing', part: 'typing', hidden: true }, h('span', { class: 'hidden' }), ...dots());
  const log = h(
    'div',
    { class: 'log', role: 'log', 'aria-live': 'off', 'aria-label': words.messages, tabindex: 0, part: 'messages' },
    greeting,
    list,
    typing,
  );
  /** @type {Map<string, {node: HTMLElement, drawn: string}>} */
  const rows = new Map();
  let atEnd = true;

  const toEnd = () => (log.scrollTop = log.scrollHeight);
  log.addEventListener('scroll', () => {
    atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_END_PX;
    actions.scrolled(atEnd);
  });
  // Keyboard, composer and notices change the room there is; the newest message stays in sight.
  const room = new ResizeObserver(() => atEnd && toEnd());
  room.observe(log);

  /** @param {Entry[]} entries @param {string} state */
  function drawList(entries, state) {
    const live = activeButtons(entries, state);
    const kept = new Set();
    entries.forEach((entry, index) => {
      const around = surroundings(entries, index);
      const view = { entry, ...around, active: index === live, chosen: chosen(entries, index) };
      const drawn = JSON.stringify(view);
      const known = rows.get(entry.key);
      const row = known?.drawn === drawn ? known : { node: row_(view, actions, known?.node), drawn };
      rows.set(entry.key, row);
      kept.add(entry.key);
      if (list.children[index] !== row.node) list.insertBefore(row.node, list.children[index] ?? null);
    });
    for (const [key, { node }] of rows) {
      if (!kept.has(key)) {
        node.remove();
        rows.delete(key);
      }
    }
  }

  return {
    element: log,
    toEnd,
    /** Whether the newest message is in sight. */
    atEnd: () => atEnd,
    /** @param {{entries: Entry[], state: string, typing: string | null, agent: string | null}} view */
    draw({ entries, state, typing: author, agent }) {
      const newest = entries.at(-1);
      const own = newest && newest.author === 'customer' && !rows.has(newest.key);
      drawList(entries, state);
      typing.hidden = !author;
      if (author) setText(typing.firstElementChild, words.typing(authorName({ author, agent })));
      if (own || atEnd) toEnd();
    },
    /** @param {string} text */
    greet(text) {
      greeting.hidden = !text;
      setText(greeting, text);
    },
    /** Keeps "2 min ago" true. */
    refreshTimes() {
      for (const time of list.querySelectorAll('time')) setText(time, relative(time.dateTime));
    },
  };
}

const dots = () => [h('i'), h('i'), h('i')];

/**
 * Buttons can be pressed only below the newest question, before the customer has answered it,
 * and not while a person is answering.
 * @param {Entry[]} entries @param {string} state @returns {number} index, or -1
 */
function activeButtons(entries, state) {
  if (state === 'agent') return -1;
  const answered = (/** @type {Entry} */ entry) => entry.author === 'customer' && entry.status !== 'rejected';
  const newest = entries.findLastIndex((entry) => entry.buttons.length || answered(entry));
  return entries[newest]?.author === 'customer' ? -1 : newest;
}

/** The title of the button that was pressed. @param {Entry[]} entries @param {number} index */
function chosen(entries, index) {
  if (!entries[index].buttons.length) return null;
  const answer = entries.slice(index + 1).find((entry) => entry.author === 'customer');
  return entries[index].buttons.find(({ title }) => title === answer?.text)?.title ?? null;
}

/** How a message stands among its neighbours. @param {Entry[]} entries @param {number} index */
function surroundings(entries, index) {
  const entry = entries[index];
  const before = entries[index - 1];
  const after = entries[index + 1];
  const day = dayName(entry.at);
  return {
    day: !before || dayName(before.at) !== day ? day : null,
    first: !before || !together(before, entry),
    last: !after || !together(entry, after),
    newest: !after,
  };
}

/** @param {Entry} a @param {Entry} b */
const together = (a, b) =>
  a.author === b.author && a.agent === b.agent && Date.parse(b.at) - Date.parse(a.at) < GROUP_MS;

/**
 * @typedef {{entry: Entry, day: string | null, first: boolean, last: boolean, newest: boolean,
 *            active: boolean, chosen: string | null}} RowView
 */

/** @param {RowView} view @param {Actions} actions @param {HTMLElement} [reused] the row as it was drawn before */
function row_({ entry, day, first, last, newest, active, chosen: pressed }, actions, reused) {
  const node = reused ?? h('li');
  node.className = ['row', entry.author, first && 'first', last && 'last', entry.status].filter(Boolean).join(' ');
  node.replaceChildren(
    ...(day ? [h('p', { class: 'day' }, day)] : []),
    h('p', { class: entry.author === 'customer' || !first ? 'author hidden' : 'author' }, ...author(entry)),
    ...(entry.text || !entry.files.length
      ? [h('div', { class: 'bubble', part: `message message-${entry.author}`, dir: 'auto' }, ...textNodes(entry.text, actions.server))]
      : []),
    ...(entry.files.length ? [fileList(entry.files, actions.fetchFile)] : []),
    ...(entry.buttons.length ? [choices(entry, active, pressed, actions)] : []),
    foot(entry, { last, newest }, actions),
  );
  return node;
}

/** @param {Entry} entry */
function author(entry) {
  const name = authorName(entry);
  if (entry.author === 'customer' || entry.author === 'system') return [`${name}:`];
  const initial = h('span', { class: 'face', 'aria-hidden': 'true' }, [...name][0].toUpperCase());
  return [initial, h('bdi', {}, name), h('span', { class: 'hidden' }, ':')];
}

/** @param {Entry} entry @param {boolean} active @param {string | null} pressed @param {Actions} actions */
function choices(entry, active, pressed, actions) {
  const buttons = entry.buttons.map(({ title, payload }) =>
    h(
      'button',
      {
        type: 'button',
        class: 'choice',
        part: 'choice',
        dir: 'auto',
        disabled: !active,
        'aria-pressed': pressed === null ? null : String(pressed === title),
        onclick: () => actions.press(title, payload),
      },
      title,
    ),
  );
  return h('div', { class: 'choices', role: 'group', 'aria-label': words.choices }, ...buttons);
}

/** Time and delivery below a message. @param {Entry} entry @param {{last: boolean, newest: boolean}} place @param {Actions} actions */
function foot(entry, { last, newest }, actions) {
  const time = h('time', { datetime: entry.at, title: absolute(entry.at) }, relative(entry.at));
  const shown = last && entry.author !== 'system' ? 'foot' : 'foot hidden';
  if (entry.author !== 'customer') return h('p', { class: shown }, time);
  if (entry.status === 'rejected') {
    const edit = h('button', { type: 'button', class: 'link', onclick: () => actions.edit(entry.key) }, words.edit);
    return h('p', { class: 'foot problem', role: 'alert' }, h('span', {}, `${words.notSent}. ${entry.problem}`), ' ', edit);
  }
  if (entry.status === 'delayed') {
    const retry = h('button', { type: 'button', class: 'link', onclick: actions.retry }, words.tryAgain);
    return h('p', { class: 'foot late' }, words.notSentYet, ...(newest ? [' · ', retry] : [])); // one for all of them
  }
  if (entry.status === 'sending') return h('p', { class: 'foot' }, words.sending);
  return h('p', { class: shown }, time, ...(newest ? [` · ${words.sent}`] : []));
}
