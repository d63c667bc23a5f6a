// The summary: what the customer should never have to say again (P27), line by line with its
// evidence. The owner edits a line in place.
import * as api from './api.js';
import { refreshDetail } from './data.js';
import { classes, h } from './dom.js';
import { lightUp, reveal } from './evidence.js';
import { icon } from './icons.js';
import { toastError } from './notices.js';
import { changed, isMine, state } from './store.js';
import { relative, timeTag } from './time.js';
import { counted } from './words.js';

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
      withKeys(lines).map(({ line, key, again }) => lineView(line, key, again, mine)),
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

/** @param {SummaryLine} line @param {string} key @param {boolean} again @param {boolean} mine */
function lineView(line, key, again, mine) {
  const open = mine && editing.topic === key;
  const unknown = line.text.trim().toLowerCase() === 'not stated';
  return h(
    'li',
    { key, 'data-line': key, class: classes('line', unknown && 'unknown', again && 'again') },
    h('span', { class: again ? 'unseen' : 'line-label' }, line.label),
    open ? editor(line, key) : lineBody(line, key, mine),
  );
}

/** @param {SummaryLine} line @param {string} key @param {boolean} mine */
function lineBody(line, key, mine) {
  const { evidence, text } = line;
  const body = [
    h('span', { key: 'text', class: 'line-text', dir: 'auto' }, text),
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
  Object.assign(editing, { topic: key, text: line.text, busy: false });
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
  const save = () => saveLine(line.topic);
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
      document.querySelector(`[data-line="${CSS.escape(line)}"] .line-edit`)
    )?.focus(),
  );
}

/** @param {string} topic */
async function saveLine(topic) {
  const { detail } = state;
  if (!detail || editing.busy) return;
  editing.busy = true;
  changed('conversation');
  try {
    await api.editSummary(detail.conversation.id, topic, editing.text.trim() || 'not stated');
    await refreshDetail();
    stopEdit();
  } catch (error) {
    editing.busy = false;
    changed('conversation');
    toastError(error);
  }
}
