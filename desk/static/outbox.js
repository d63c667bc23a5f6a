// Replies and notes on their way. Each has an id made here: the server stores an id once, so a
// retry after a lost answer never sends twice. One at a time per conversation keeps the order.
import * as api from './api.js';
import { giveBack } from './attachments.js';
import { refreshDetail } from './data.js';
import { draft, keepDraft, keepUnsent, unsent } from './kept.js';
import { changed, state } from './store.js';

/** @typedef {import('./types.js').Pending} Pending */

const RETRY_MS = [800, 2000, 5000];

/** @type {Pending[]} */
let items = [];
/** @type {Set<string>} conversations being sent */
const busy = new Set();
/** @type {(item: Pending, error: api.ApiError) => void} */
let onRefused = () => {};

/**
 * @param {(item: Pending, error: api.ApiError) => void} callback a message the server will not take; its text is in the draft again
 */
export function whenRefused(callback) {
  onRefused = callback;
}

/** Takes up what was unsent when the page was left. */
export function resumeSending() {
  items = unsent().filter(({ seq }) => seq === null);
  for (const id of new Set(items.map((item) => item.conversation))) retry(id);
}

export function forgetUnsent() {
  items = [];
}

/**
 * @param {string} conversation
 * @param {'reply'|'note'} kind
 * @param {string} text
 * @param {import('./types.js').Attached[]} files
 * @param {number} after highest seq known
 */
export function enqueue(conversation, kind, text, files, after) {
  items.push({
    client_id: newId(),
    conversation,
    kind,
    text,
    files,
    at: new Date().toISOString(),
    after,
    seq: null,
    status: 'sending',
    error: null,
  });
  saved();
  pump(conversation);
}

/**
 * What the transcript does not hold yet. A message may come back by the live events before the
 * answer to its own request does: it is told by author and words then.
 * @param {import('./types.js').Detail} detail
 * @returns {Pending[]}
 */
export function pendingOf({ conversation, messages }) {
  const seqs = new Set(messages.map(({ seq }) => seq));
  const isThere = (/** @type {Pending} */ item) =>
    item.seq !== null
      ? seqs.has(item.seq)
      : item.status === 'sending' &&
        messages.some(
          (message) =>
            message.seq > item.after &&
            message.agent?.id === state.me?.id &&
            message.text === item.text &&
            message.files.length === item.files.length,
        );
  const done = items.filter(
    (item) => item.conversation === conversation.id && item.seq !== null && seqs.has(item.seq),
  );
  if (done.length) {
    items = items.filter((item) => !done.includes(item));
    keepUnsent(items);
  }
  return items.filter((item) => item.conversation === conversation.id && !isThere(item));
}

/** @param {string} conversation tries everything unsent there again */
export function retry(conversation) {
  for (const item of items) {
    if (item.conversation === conversation && item.status === 'failed')
      Object.assign(item, { status: 'sending', error: null });
  }
  saved();
  pump(conversation);
}

/** The server is there again: what failed because it was not goes out by itself. */
export function retryAll() {
  for (const id of new Set(items.filter(({ status }) => status === 'failed').map((item) => item.conversation)))
    retry(id);
}

/** @param {Pending} item takes it back into the box */
export function takeBack(item) {
  items = items.filter((other) => other !== item);
  const rest = draft(item.conversation, item.kind);
  keepDraft(item.conversation, item.kind, [item.text, rest].filter(Boolean).join('\n'));
  giveBack(item.conversation, item.files);
  saved();
}

/** @param {string} conversation */
async function pump(conversation) {
  if (busy.has(conversation)) return;
  busy.add(conversation);
  try {
    for (let item = nextOf(conversation); item; item = nextOf(conversation)) await deliver(item);
  } finally {
    busy.delete(conversation);
  }
}

/** @param {string} conversation */
const nextOf = (conversation) =>
  items.find((item) => item.conversation === conversation && item.seq === null && item.status === 'sending');

/** @param {Pending} item */
async function deliver(item) {
  const files = item.files.map(({ id }) => id);
  const send = item.kind === 'note' ? api.sendNote : api.sendMessage;
  for (let attempt = 0; ; attempt += 1) {
    try {
      item.seq = (await send(item.conversation, item.client_id, item.text, files)).seq;
      saved();
      if (state.route.id === item.conversation) await refreshDetail();
      else items = items.filter((other) => other !== item);
      return;
    } catch (thrown) {
      const error = /** @type {api.ApiError} */ (thrown);
      if (!error.temporary && error.status !== 401) {
        takeBack(item);
        onRefused(item, error);
        return;
      }
      if (attempt >= RETRY_MS.length || error.status === 401) {
        fail(item.conversation, error.message);
        return;
      }
      await pause(Math.max(RETRY_MS[attempt], error.retryAfter * 1000));
    }
  }
}

/**
 * Later ones wait with the failed one, or they would arrive before it.
 * @param {string} conversation
 * @param {string} error
 */
function fail(conversation, error) {
  for (const item of items) {
    if (item.conversation === conversation && item.seq === null)
      Object.assign(item, { status: 'failed', error });
  }
  saved();
}

function saved() {
  keepUnsent(items);
  changed('conversation');
}

/** @param {number} ms */
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** `crypto.randomUUID` exists on secure origins only; a desk on a local network may not be one. */
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
