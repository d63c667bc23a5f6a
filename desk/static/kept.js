// What stays in this browser: drafts and unsent messages for this tab, preferences and what was
// seen for all tabs. Storage may be full or forbidden; the desk then works without it.

const PREFIX = 'warmline.desk.';
const SEEN_LIMIT = 500;

/** @param {Storage} storage @param {string} key @returns {any} */
function read(storage, key) {
  try {
    return JSON.parse(storage.getItem(PREFIX + key) ?? 'null');
  } catch {
    return null;
  }
}

/** @param {Storage} storage @param {string} key @param {unknown} value `null` removes it */
function write(storage, key, value) {
  try {
    if (value === null) storage.removeItem(PREFIX + key);
    else storage.setItem(PREFIX + key, JSON.stringify(value));
  } catch {
    // Full or forbidden: this page goes on from memory, a reload starts afresh.
  }
}

/** @param {string} name @returns {any} */
export const preference = (name) => read(localStorage, name);
/** @param {string} name @param {unknown} value */
export const prefer = (name, value) => write(localStorage, name, value);

/** @typedef {'reply'|'note'|'transfer'|'promise'|'hand-back'|'close'} Draft what is being written */

/** @type {Map<string, string>} */
const drafts = new Map();

/**
 * A reply and a note are kept apart: a note must never end up in the reply box.
 * @param {string} id
 * @param {Draft} mode
 * @returns {string}
 */
export function draft(id, mode) {
  const key = `draft.${mode}.${id}`;
  return drafts.get(key) ?? read(sessionStorage, key) ?? '';
}

/** @param {string} id @param {Draft} mode @param {string} text */
export function keepDraft(id, mode, text) {
  const key = `draft.${mode}.${id}`;
  drafts.set(key, text);
  write(sessionStorage, key, text || null);
}

/** Files that are uploaded and wait for their message. @param {string} id @returns {import('./types.js').Attached[]} */
export const draftFiles = (id) => read(sessionStorage, `files.${id}`) ?? [];
/** @param {string} id @param {import('./types.js').Attached[]} files */
export const keepDraftFiles = (id, files) =>
  write(sessionStorage, `files.${id}`, files.length ? files : null);

/** @returns {import('./types.js').Pending[]} */
export const unsent = () => read(sessionStorage, 'outbox') ?? [];
/** @param {import('./types.js').Pending[]} list */
export const keepUnsent = (list) => write(sessionStorage, 'outbox', list.length ? list : null);

/**
 * @param {import('./types.js').Row} row
 * @returns {boolean} whether something came since it was last open here
 */
export function isUnread(row) {
  const seen = preference('seen') ?? {};
  return Boolean(row.last_at) && (seen[row.id] ?? '') < String(row.last_at);
}

/** @param {string} id @param {string|null} lastAt */
export function markSeen(id, lastAt) {
  const seen = preference('seen') ?? {};
  if (!lastAt || seen[id] === lastAt) return;
  delete seen[id];
  seen[id] = lastAt;
  prefer('seen', Object.fromEntries(Object.entries(seen).slice(-SEEN_LIMIT)));
}

/** Drafts and unsent messages go when the agent leaves: the next one may be somebody else. */
export function forgetSession() {
  drafts.clear();
  for (const key of Object.keys(sessionStorage)) {
    if (key.startsWith(PREFIX)) sessionStorage.removeItem(key);
  }
}
