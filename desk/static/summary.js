// The summary: what the customer should never have to say again (P27), line by line with its
// evidence. The owner edits a line in place.
import * as api from './api.js';
import { withBreaks } from './breaks.js';
import { refreshDetail } from './data.js';
import { classes, h } from './dom.js';
import { lightUp, reveal } from './evidence.js';
import { icon } from './icons.js';
import { toastError } from './notices.js';
import { changed, isMine, state } from './store.js';
import { relative, timeTag, writtenDays } from './time.js';
import { counted, languageWords, NOTHING } from './words.js';

/** @typedef {import('./types.js').SummaryLine} SummaryLine */

const editing = { topic: '', text: '', busy: false };

export function resetEditing() {
  Object.assign(editing, { topic: '', text: '', busy: false });
}

/** @param {import('./types.js').Detail} detail */
export function summarySection({ conversation, summary, promises }) {
  const mine = isMine(conversation);
  // It was drawn up when the customer last wrote: it may say "none" of promises made since.
  const dated = (/** @type {SummaryLine} */ line) =>
    line.topic === 'promises' && line.text === 'none' && promises.length > 0;
  const lines = summary?.lines.filter((line) => !dated(line));
  if (!summary || !lines?.length) {
    return h(
      'section',
      { key: 'summary', class: 'card summary', 'aria-label': 'Summary' },
      h('h3', null, 'Summary'),
      h('p', { class: 'muted' }, 'It is written when the bot hands over, or when somebody takes over.'),
    );
  }
  const keyed = withKeys(lines);
  const said = keyed.filter(({ line, key }) => !nothingIn(line) || isOpen(key, mine));
  return h(
    'section',
    { key: 'summary', class: 'card summary', 'aria-label': 'Summary' },
    h(
      'div',
      { class: 'section-head' },
      h('h3', null, 'Summary'),
      summary.updated_at
        ? h(
            'span',
            { class: 'muted small' },
            timeTag(summary.updated_at, `updated ${relative(summary.updated_at)}`),
          )
        : null,
    ),
    h(
      'ul',
      { class: 'lines' },
      said.map(({ line, key, again }) => lineView(line, key, again, mine)),
      [...new Set(NOTHING.values())].map((word) =>
        emptyView(
          word,
          keyed.filter(({ line, key }) => nothingIn(line) === word && !isOpen(key, mine)),
          mine,
        ),
      ),
    ),
  );
}

/** A topic may have several lines; its label is said once. @param {SummaryLine[]} lines */
function withKeys(lines) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  return lines.map((line, index) => {
    const count = (counts.get(line.topic) ?? 0) + 1;
    counts.set(line.topic, count);
    return { line, key: `${line.topic}-${count}`, again: lines[index - 1]?.topic === line.topic };
  });
}

/** @param {SummaryLine} line */
const nothingIn = (line) => NOTHING.get(line.text.trim().toLowerCase());

/** @param {string} key @param {boolean} mine */
const isOpen = (key, mine) => mine && editing.topic === key;

/**
 * What is left to ask, in one line; its owner fills in what they learn.
 * @param {string} word
 * @param {{line: SummaryLine, key: string}[]} lines
 * @param {boolean} mine
 */
function emptyView(word, lines, mine) {
  if (!lines.length) return null;
  return h(
    'li',
    { key: word, class: 'line unknown' },
    h('span', { class: 'line-label' }, word),
    h(
      'span',
      { class: 'line-plain line-missing' },
      lines.map(({ line, key }) =>
        mine
          ? h(
              'button',
              {
                key,
                type: 'button',
                'data-line': key,
                class: 'link line-edit-word',
                title: `Fill in: ${line.label}`,
                onclick: () => startEdit(key, line),
              },
              line.label,
            )
          : h('span', { key, class: 'line-text' }, line.label),
      ),
    ),
  );
}

/** As people read it, where it was not put right by hand. @param {SummaryLine} line @returns {string} */
function readable({ topic, text, edited_by: editedBy }) {
  if (editedBy) return text;
  if (topic === 'date') return writtenDays(text);
  return topic === 'channel'
    ? text.replace(/, ([a-z]{2,3})$/, (_, code) => `, ${languageWords(code)}`)
    : text;
}

/** @param {SummaryLine} line @param {string} key @param {boolean} again @param {boolean} mine */
function lineView(line, key, again, mine) {
  const open = isOpen(key, mine);
  return h(
    'li',
    { key, 'data-line': key, class: classes('line', again && 'again') },
    h('span', { class: again ? 'unseen' : 'line-label' }, line.label),
    open ? editor(line, key) : lineBody(line, key, mine),
  );
}

/** @param {SummaryLine} line @param {string} key @param {boolean} mine */
function lineBody(line, key, mine) {
  const { evidence } = line;
  const body = [
    h('span', { key: 'text', class: 'line-text', dir: 'auto' }, withBreaks(readable(line))),
    h('wbr', { key: 'break' }),
    evidence.length
      ? h('span', { key: 'count', class: 'line-count' }, counted(evidence.length, 'message'))
      : null,
    line.edited_by
      ? h('span', { key: 'edited', class: 'line-edited' }, icon('pencil'), `edited by ${line.edited_by}`)
      : null,
  ];
  return h(
    'div',
    { class: 'line-body', key: 'body' },
    evidence.length
      ? h(
          'button',
          {
            type: 'button',
            key: 'evidence',
            class: 'line-evidence',
            title: 'Show where this was said',
            onclick: () => reveal(evidence),
            ...lightUp(evidence),
          },
          body,
        )
      : h('div', { key: 'plain', class: 'line-plain' }, body),
    mine
      ? h(
          'button',
          {
            type: 'button',
            key: 'edit',
            class: 'line-edit',
            'aria-label': `Edit: ${line.label}`,
            onclick: () => startEdit(key, line),
          },
          icon('pencil'),
        )
      : null,
  );
}

/** @param {string} key @param {SummaryLine} line */
function startEdit(key, line) {
  Object.assign(editing, { topic: key, text: nothingIn(line) ? '' : line.text, busy: false });
  state.highlighted = new Set();
  changed('conversation');
  setTimeout(() => {
    const field = /** @type {HTMLTextAreaElement|null} */ (document.getElementById('line-editor'));
    field?.focus();
    field?.select();
  });
}

/** @param {SummaryLine} line @param {string} key */
function editor(line, key) {
  const save = () => saveLine(line);
  return h(
    'form',
    {
      class: 'line-form',
      key: `editor-${key}`,
      onsubmit: (/** @type {Event} */ event) => {
        event.preventDefault();
        save();
      },
    },
    h('textarea', {
      id: 'line-editor',
      rows: 3,
      value: editing.text,
      'aria-label': line.label,
      oninput: (/** @type {Event} */ event) => {
        editing.text = /** @type {HTMLTextAreaElement} */ (event.target).value;
      },
      onkeydown: (/** @type {KeyboardEvent} */ event) => onKey(event, save),
    }),
    h(
      'span',
      { class: 'button-line' },
      h('button', { class: 'primary small', disabled: editing.busy }, 'Save'),
      h('button', { type: 'button', class: 'quiet small', onclick: stopEdit }, 'Cancel'),
    ),
  );
}

/** @param {KeyboardEvent} event @param {() => void} save */
function onKey(event, save) {
  if (event.key === 'Escape') stopEdit();
  else if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    save();
  }
}

function stopEdit() {
  const line = editing.topic;
  resetEditing();
  changed('conversation');
  setTimeout(() =>
    /** @type {HTMLElement|null} */ (
      document.querySelector(
        `[data-line="${CSS.escape(line)}"] .line-edit, button[data-line="${CSS.escape(line)}"]`,
      )
    )?.focus(),
  );
}

/** @param {SummaryLine} line an empty field says nothing of it */
async function saveLine(line) {
  const { detail } = state;
  if (!detail || editing.busy) return;
  editing.busy = true;
  changed('conversation');
  try {
    const text = editing.text.trim() || (nothingIn(line) ? line.text : 'not stated');
    await api.editSummary(detail.conversation.id, line.topic, text);
    await refreshDetail();
    stopEdit();
  } catch (error) {
    editing.busy = false;
    changed('conversation');
    toastError(error);
  }
}
