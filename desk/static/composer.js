// Where an agent writes: a reply to the customer or an internal note.
import * as api from './api.js';
import {
  attachButton,
  attached,
  attachmentList,
  mayAttach,
  notYet,
  onPaste,
  takeAttached,
} from './attachments.js';
import { canTake, takeOver, takeWords } from './conversation.js';
import { lastSeq, nextWaiting } from './data.js';
import { classes, h, render } from './dom.js';
import { fill, knownFields, unfilled } from './fields.js';
import { icon } from './icons.js';
import { draft, keepDraft } from './kept.js';
import { enqueue } from './outbox.js';
import { pickArticle, pickCanned } from './pickers.js';
import { changed, isMine, state } from './store.js';
import { since } from './time.js';
import { checkTone, standing } from './tone.js';
import { customerName, toneWords } from './words.js';

/** @typedef {import('./types.js').Conversation} Conversation */
/** @typedef {import('./types.js').Finding} Finding */

const TYPING_EVERY_MS = 3000;
const QUERY_LENGTH = 200;

/** @type {{mode: 'reply'|'note', findings: Finding[], blocked: boolean, hurried: boolean, typedAt: number}} */
const box = { mode: 'reply', findings: [], blocked: false, hurried: false, typedAt: 0 };

/** Another conversation is opened: its own draft, in reply mode. */
export function closeDraft() {
  Object.assign(box, { mode: 'reply', findings: [], blocked: false, hurried: false, typedAt: 0 });
}

/** @param {Element} root */
export function drawComposer(root) {
  const { detail } = state;
  if (!detail) {
    render(root);
    return;
  }
  const row = detail.conversation;
  const open = box.mode === 'note' || canReply(row);
  render(
    root,
    h(
      'form',
      { key: row.id, class: `composer-form ${box.mode}`, 'aria-label': 'Write', onsubmit: onSubmit },
      h(
        'div',
        { class: 'modes', role: 'group', 'aria-label': 'What you write' },
        modeButton('reply', 'Reply', 'reply'),
        modeButton('note', 'Internal note', 'note'),
        box.mode === 'note' ? h('span', { class: 'mode-hint' }, 'The customer does not see this') : null,
      ),
      open ? writing(row) : closedBox(row),
    ),
  );
}

/**
 * Replying to somebody who waits takes the conversation over; the bot is taken over first.
 * @param {Conversation} row
 */
const canReply = (row) => isMine(row) || (row.state === 'waiting' && canTake(row));

/** @param {'reply'|'note'} mode @param {string} name @param {string} picture */
const modeButton = (mode, name, picture) =>
  h(
    'button',
    {
      type: 'button',
      class: classes('mode', box.mode === mode && 'selected'),
      'aria-pressed': box.mode === mode,
      onclick: () => setMode(mode),
    },
    icon(picture),
    name,
  );

/** @param {Conversation} row */
function closedBox(row) {
  const next = row.state === 'closed' ? nextWaiting() : null;
  return h(
    'div',
    { class: 'closed-box', key: 'closed' },
    h('p', null, whyClosed(row)),
    canTake(row)
      ? h('button', { type: 'button', class: 'primary', onclick: takeOver }, takeWords(row))
      : null,
    next
      ? h(
          'a',
          { class: 'button quiet', href: `#/c/${encodeURIComponent(next.id)}` },
          `Next: ${customerName(next.customer)}${next.waiting_since ? `, waiting ${since(next.waiting_since)}` : ''}`,
        )
      : null,
  );
}

/** @param {Conversation} row @returns {string} */
function whyClosed(row) {
  if (row.state === 'closed')
    return 'This conversation is closed. A new message from the customer opens it again.';
  if (row.state === 'bot') return 'The bot is answering. Take over to write to the customer.';
  if (row.state === 'waiting') return 'This one waits for a lead. You can read it and leave internal notes.';
  return `${row.owner?.name ?? 'A colleague'} is answering here. You can read along and leave internal notes.`;
}

/** @param {Conversation} row */
function writing(row) {
  const text = draft(row.id, box.mode);
  const reply = box.mode === 'reply';
  const findings = reply ? standing(box.findings, text) : [];
  const gap = reply ? unfilled(text) : null;
  return h(
    'div',
    { class: 'writing', key: box.mode },
    reply && !isMine(row)
      ? h('p', { class: 'takes-over' }, 'Sending a reply takes this conversation over.')
      : null,
    sheet(row, text, marked(text, findings, gap)),
    reply ? attachmentList(row.id) : null,
    h(
      'div',
      { id: 'advice' },
      reply ? waitLine(row) : null,
      gapLine(gap),
      findings.length ? advice(findings) : null,
    ),
    tools(row, text),
  );
}

/** @param {Conversation} row @param {string} text @param {import('./dom.js').VNode[]} marks */
function sheet(row, text, marks) {
  const reply = box.mode === 'reply';
  const name = customerName(row.customer);
  const field = h('textarea', {
    key: `${row.id}-${box.mode}`,
    id: 'draft',
    rows: 2,
    value: text,
    dir: 'auto',
    'aria-label': reply ? `Reply to ${name}` : 'Internal note',
    'aria-describedby': 'advice',
    placeholder: reply ? `Write to ${name}…` : 'What should a colleague know?',
    oninput: onInput,
    onkeydown: onKey,
    onpaste: reply ? onPaste : null,
  });
  return h('div', { class: 'sheet' }, h('div', { class: 'mirror', 'aria-hidden': 'true' }, marks), field);
}

/** @param {Conversation} row @param {string} text */
function tools(row, text) {
  const reply = box.mode === 'reply';
  const send = isMine(row) ? 'Send' : 'Take over and send';
  return h(
    'div',
    { class: 'composer-tools' },
    reply ? toolButton('Replies', 'Canned replies (c)', 'reply', insertCanned) : null,
    reply ? toolButton('Articles', 'Articles (a)', 'book', insertArticle) : null,
    reply && mayAttach() ? attachButton() : null,
    h(
      'span',
      { class: 'enter-hint' },
      h('span', null, 'Enter sends'),
      h('span', null, ', Shift+Enter starts a new line'),
    ),
    h(
      'button',
      { class: 'primary send', disabled: !text.trim() && !(reply && attached(row.id).length) },
      icon(reply ? 'send' : 'check'),
      reply ? send : 'Save note',
    ),
  );
}

/** @param {string} word @param {string} title @param {string} picture @param {() => void} onclick */
const toolButton = (word, title, picture, onclick) =>
  h(
    'button',
    { type: 'button', class: 'tool', onclick, title },
    icon(picture),
    h('span', { class: 'word' }, word),
  );

/** Said only to somebody who has tried to send. @param {Conversation} row */
function waitLine(row) {
  const why = box.hurried ? notYet(row.id) : null;
  if (!why) box.hurried = false;
  return why ? h('p', { key: 'wait', class: 'gap blocked', role: 'alert' }, why) : null;
}

/** @param {{field: string, start: number, end: number}|null} gap */
function gapLine(gap) {
  if (!gap) return null;
  const what = gap.field.slice(1, -1).replaceAll('_', ' ');
  return h(
    'p',
    {
      class: classes('gap', box.blocked && 'blocked'),
      role: box.blocked ? 'alert' : null,
      key: box.blocked ? 'blocked' : 'gap',
    },
    box.blocked
      ? `Not sent yet: please replace ${gap.field} with the ${what}, or remove it.`
      : `Still to fill in: ${gap.field}`,
    h('button', { type: 'button', class: 'link', onclick: () => selectRange(gap.start, gap.end) }, 'Show'),
  );
}

/** @param {Finding[]} findings */
const advice = (findings) =>
  h(
    'ul',
    { class: 'advice', 'aria-label': 'Advice on tone' },
    findings.map((finding) =>
      h(
        'li',
        { key: `${finding.rule}-${finding.start}` },
        h(
          'button',
          { type: 'button', class: 'link', onclick: () => selectRange(finding.start, finding.end) },
          `“${finding.text}”`,
        ),
        h('span', { class: 'rule' }, toneWords(finding.rule)),
        finding.suggestion ? h('span', { class: 'suggestion' }, finding.suggestion) : null,
      ),
    ),
  );

/**
 * The draft again, under the text field, with what is marked.
 * @param {string} text
 * @param {Finding[]} findings
 * @param {{start: number, end: number}|null} gap
 */
function marked(text, findings, gap) {
  const marks = [
    ...findings.map(({ start, end }) => ({ start, end, kind: 'tone-mark' })),
    ...(gap ? [{ start: gap.start, end: gap.end, kind: 'gap-mark' }] : []),
  ].sort((a, b) => a.start - b.start);
  const parts = [];
  let at = 0;
  for (const { start, end, kind } of marks) {
    if (start < at) continue;
    parts.push(
      h('span', { key: `plain-${at}` }, text.slice(at, start)),
      h('mark', { key: `mark-${start}`, class: kind }, text.slice(start, end)),
    );
    at = end;
  }
  // A zero-width space gives a last empty line its height.
  return [...parts, h('span', { key: 'rest' }, `${text.slice(at)}\u200b`)];
}

/** @param {Event} event */
function onInput(event) {
  setDraft(/** @type {HTMLTextAreaElement} */ (event.target).value);
}

/** @param {string} text */
function setDraft(text) {
  const row = state.detail?.conversation;
  if (!row) return;
  keepDraft(row.id, box.mode, text);
  box.blocked = false;
  if (box.mode === 'reply') {
    checkTone(text, row.language, (findings) => {
      box.findings = findings;
      changed('draft');
    });
    tellTyping(row, text);
  }
  changed('draft');
}

/** @param {Conversation} row @param {string} text */
function tellTyping(row, text) {
  if (!text || !isMine(row) || Date.now() - box.typedAt < TYPING_EVERY_MS) return;
  box.typedAt = Date.now();
  // A lost typing signal harms nobody.
  api.sendTyping(row.id).catch(() => {});
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  if (event.key === 'Escape') /** @type {HTMLElement} */ (event.target).blur();
  // On a touch keyboard Enter is the only way to a new line; the button sends there.
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing || matchMedia('(pointer: coarse)').matches)
    return;
  event.preventDefault();
  send();
}

/** @param {Event} event */
function onSubmit(event) {
  event.preventDefault();
  send();
}

function send() {
  const { detail } = state;
  if (!detail) return;
  const row = detail.conversation;
  const text = draft(row.id, box.mode).trim();
  const files = box.mode === 'reply' ? attached(row.id) : [];
  if ((!text && !files.length) || (box.mode === 'reply' && !canReply(row))) return;
  if (box.mode === 'reply' && notYet(row.id)) {
    box.hurried = true;
    changed('draft');
    return;
  }
  const gap = box.mode === 'reply' ? unfilled(draft(row.id, box.mode)) : null;
  if (gap) {
    box.blocked = true;
    changed('draft');
    selectRange(gap.start, gap.end);
    return;
  }
  Object.assign(box, { findings: [], blocked: false, hurried: false, typedAt: 0 });
  checkTone('', row.language, () => {});
  keepDraft(row.id, box.mode, '');
  enqueue(row.id, box.mode, text, box.mode === 'reply' ? takeAttached(row.id) : [], lastSeq(detail));
  field()?.focus();
}

/** @param {'reply'|'note'} mode */
export function setMode(mode) {
  box.mode = mode;
  box.blocked = false;
  changed('draft');
  setTimeout(() => field()?.focus());
}

export async function insertCanned() {
  const { detail } = state;
  if (!detail || !canReply(detail.conversation)) return;
  const known = knownFields(detail, state.me);
  const reply = await pickCanned(detail.conversation.language, (text) => fill(text, known));
  if (reply) insert(detail.conversation.id, fill(reply.text, known));
}

export async function insertArticle() {
  const { detail } = state;
  if (!detail || !canReply(detail.conversation)) return;
  const asked = detail.messages.filter(({ author }) => author === 'customer').at(-1)?.text ?? '';
  const text = await pickArticle(detail.conversation.language, asked.slice(0, QUERY_LENGTH));
  if (text) insert(detail.conversation.id, text);
}

/**
 * Puts text where the cursor is, then selects the first field still to fill.
 * @param {string} id
 * @param {string} text
 */
function insert(id, text) {
  if (state.detail?.conversation.id !== id) return;
  box.mode = 'reply';
  const before = draft(id, 'reply');
  const cursor = field()?.selectionStart ?? before.length;
  const start = before.slice(0, cursor);
  const space = start && !/\s$/.test(start) ? ' ' : '';
  setDraft(start + space + text + before.slice(cursor));
  setTimeout(() => {
    const gap = unfilled(draft(id, 'reply'));
    const end = cursor + space.length + text.length;
    if (gap) selectRange(gap.start, gap.end);
    else selectRange(end, end);
  });
}

const field = () => /** @type {HTMLTextAreaElement|null} */ (document.getElementById('draft'));

/** @param {number} start @param {number} end */
function selectRange(start, end) {
  field()?.focus();
  field()?.setSelectionRange(start, end);
}
