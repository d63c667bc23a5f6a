/**
 * What this browser remembers, and how its tabs tell each other.
 *
 * Each unsent message has a key of its own: adding or removing one never rewrites what another tab has written.
 * Where storage is blocked everything lives in memory, for as long as the page does.
 */

/**
 * @typedef {import('./store.js').Session} Session
 * @typedef {import('./store.js').Queued} Queued
 */

/** @param {string} server the address these memories belong to */
export function createStorage(server) {
  const prefix = `warmline:${server}:`;
  const local = usable(() => window.localStorage);
  const tab = usable(() => window.sessionStorage);
  let channel = typeof BroadcastChannel === 'function' ? new BroadcastChannel(prefix) : null;

  /** @param {string} name @returns {any} the stored value or null */
  function read(name) {
    try {
      return JSON.parse(local.getItem(prefix + name) ?? 'null');
    } catch {
      return null; // not ours any more
    }
  }

  /** @param {string} name @param {unknown} value null removes it */
  function write(name, value) {
    try {
      if (value === null) local.removeItem(prefix + name);
      else local.setItem(prefix + name, JSON.stringify(value));
    } catch {
      // A full store must not keep a message from being sent.
    }
  }

  return {
    /** @returns {Session | null} */
    session: () => read('session'),
    setSession: (/** @type {Session | null} */ session) => write('session', session),

    /** @returns {string | null} the language that the customer chose */
    language: () => read('language'),
    setLanguage: (/** @type {string} */ language) => write('language', language),

    /** @returns {number} seq of the newest message the customer has seen */
    seen: () => Number(read('seen') ?? 0),
    setSeen: (/** @type {number} */ seq) => write('seen', seq),

    /** @returns {Queued[]} in the order they were written */
    queue: () =>
      keys(local)
        .filter((key) => key.startsWith(`${prefix}unsent:`))
        .map((key) => read(key.slice(prefix.length)))
        .filter((item) => typeof item?.client_id === 'string')
        .sort((a, b) => a.order - b.order),
    putQueued: (/** @type {Queued} */ item) => write(`unsent:${item.client_id}`, item),
    dropQueued: (/** @type {string} */ id) => write(`unsent:${id}`, null),

    /** What belongs to this tab alone: a half-written message, and whether the chat is open. */
    draft: () => tab.getItem(`${prefix}draft`) ?? '',
    setDraft: (/** @type {string} */ text) => tab.setItem(`${prefix}draft`, text),
    wasOpen: () => tab.getItem(`${prefix}open`) === 'yes',
    setOpen: (/** @type {boolean} */ open) => tab.setItem(`${prefix}open`, open ? 'yes' : 'no'),

    /** Tells the other tabs. @param {object} news */
    tell: (news) => channel?.postMessage(news),
    /** @param {(news: any) => void} listener */
    listen(listener) {
      channel?.addEventListener('message', ({ data }) => listener(data));
    },
    close() {
      channel?.close();
      channel = null; // a request still under way may have something to tell: nobody is left to hear it
    },

    /**
     * Runs `work` in one tab at a time. Without locks two tabs may both send a message; its client_id
     * makes that harmless.
     * @param {() => Promise<void>} work
     */
    exclusively: (work) => (navigator.locks ? navigator.locks.request(`${prefix}send`, work) : work()),
  };
}

/** @param {() => Storage} open @returns {Storage} the browser's, or one in memory where that is forbidden */
function usable(open) {
  try {
    const storage = open();
    storage.setItem('warmline:probe', '');
    storage.removeItem('warmline:probe');
    return storage;
  } catch {
    return memory();
  }
}

/** @returns {Storage} */
function memory() {
  const items = new Map();
  return /** @type {any} */ ({
    get length() {
      return items.size;
    },
    key: (/** @type {number} */ index) => [...items.keys()][index] ?? null,
    getItem: (/** @type {string} */ key) => items.get(key) ?? null,
    setItem: (/** @type {string} */ key, /** @type {string} */ value) => items.set(key, value),
    removeItem: (/** @type {string} */ key) => items.delete(key),
  });
}

/** @param {Storage} storage */
const keys = (storage) => Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? '');
