/**
 * What the chat knows: messages by number, the queue of unsent ones, whom the customer talks with.
 * Everybody else reads it through `entries()` and its getters and hears of changes by events:
 * `change` (something to draw), `arrival` (a new message from the other side, not history), `session` (another conversation).
 */

/**
 * @typedef {'customer' | 'bot' | 'agent' | 'system'} Author
 * @typedef {'bot' | 'waiting' | 'agent' | 'closed'} State
 * @typedef {{title: string, payload: string}} Button
 * @typedef {{seq: number, author: Author, text: string, buttons: Button[], at: string,
 *            client_id?: string | null, agent?: string | null, files?: import('./files.js').File[]}} Message
 * @typedef {{client_id: string, order: number, at: string, text: string, payload?: string,
 *            problem?: string}} Queued  `problem`: why the server refused it
 * @typedef {{token: string, conversation: string}} Session
 * @typedef {'sent' | 'sending' | 'delayed' | 'rejected'} Status
 * @typedef {{key: string, author: Author, text: string, buttons: Button[], at: string, agent: string | null, files: import('./files.js').File[],
 *            status: Status, client_id: string | null, problem: string | null}} Entry
 * @typedef {ReturnType<typeof createStore>} Store
 */

const REPLY_EXPECTED_MS = 12_000;
const TYPING_SHOWN_MS = 6_000;

/** @param {ReturnType<typeof import('./storage.js').createStorage>} storage */
export function createStore(storage) {
  const events = new EventTarget();
  /** @type {Map<number, Message>} */
  let messages = new Map();
  /** @type {Entry[]} of a conversation that ended while this page was open */
  let earlier = [];
  /** @type {Map<string, Queued>} */
  const queue = new Map(storage.queue().map((item) => [item.client_id, item]));
  let session = storage.session();
  let conversation = session?.conversation ?? ''; // stays known when its token has expired
  let cursor = 0; // what the server has told us up to; an acknowledged message of ours does not move it
  let historyLoaded = false;
  /** @type {State} */
  let state = 'bot';
  /** @type {string | null} */
  let agent = null;
  /** @type {{author: Author, timer: number} | null} */
  let typing = null;
  let seen = storage.seen();
  let delayed = false;
  let connection = 'ok'; // or 'reconnecting', 'offline', 'unlisted'
  let notice = '';
  let language = storage.language() ?? ''; // of the answers
  /** @type {string[]} */
  let languages = []; // to choose from

  const changed = () => events.dispatchEvent(new Event('change'));

  /** @param {Author | null} author @param {number} [milliseconds] */
  function showTyping(author, milliseconds = TYPING_SHOWN_MS) {
    if (typing) clearTimeout(typing.timer);
    typing = author && { author, timer: setTimeout(() => (showTyping(null), changed()), milliseconds) };
  }

  /** @param {State} next @param {string | null} name the agent's @param {string} spoken */
  function setState(next, name, spoken) {
    state = next;
    language = spoken;
    agent = next === 'agent' ? name : null;
    changed();
  }

  /** @param {Message} message @returns {boolean} whether it is new to us */
  function merge(message) {
    const known = messages.has(message.seq);
    messages.set(message.seq, message);
    if (message.client_id) drop(message.client_id);
    return !known;
  }

  /** @param {string} id */
  function drop(id) {
    queue.delete(id);
    storage.dropQueued(id);
  }

  /** Another conversation begins; what was said before stays to be read on this page. @param {Session} next */
  function begin(next) {
    earlier = [...earlier, ...settled()];
    messages = new Map();
    session = next;
    conversation = next.conversation;
    cursor = 0;
    state = 'bot';
    agent = null;
    seen = storage.seen();
    notice = '';
    showTyping(null);
    events.dispatchEvent(new Event('session'));
  }

  /** A session that another tab got. @param {Session} next */
  function join(next) {
    historyLoaded = false;
    begin(next);
  }

  /** @returns {Queued[]} */
  const queued = () => [...queue.values()].sort((a, b) => a.order - b.order);

  /** @returns {Entry[]} */
  function settled() {
    const sorted = [...messages.values()].sort((a, b) => a.seq - b.seq);
    return sorted.map((message) => ({
      key: message.client_id ?? `${conversation}/${message.seq}`,
      author: message.author,
      text: message.text,
      buttons: message.buttons ?? [],
      at: message.at,
      agent: message.agent ?? null,
      files: message.files ?? [],
      status: 'sent',
      client_id: message.client_id ?? null,
      problem: null,
    }));
  }

  /** @returns {Entry[]} */
  function unsent() {
    return queued().map((item) => ({
      key: item.client_id,
      author: 'customer',
      text: item.text,
      buttons: [],
      at: item.at,
      agent: null,
      files: [],
      status: item.problem ? 'rejected' : delayed ? 'delayed' : 'sending',
      client_id: item.client_id,
      problem: item.problem ?? null,
    }));
  }

  /** @param {string} id @param {number} seq */
  function settle(id, seq) {
    const item = queue.get(id);
    drop(id);
    if (item && !messages.has(seq)) {
      merge({ seq, author: 'customer', text: item.text, buttons: [], at: item.at, client_id: id });
    }
    const answered = [...messages.values()].some((message) => message.seq > seq && message.author !== 'customer');
    if (!answered && (state === 'bot' || state === 'closed')) showTyping('bot', REPLY_EXPECTED_MS);
  }

  storage.listen((news) => {
    if (news.kind === 'queued') queue.set(news.item.client_id, news.item);
    if (news.kind === 'settled') settle(news.id, news.seq);
    if (news.kind === 'dropped') queue.delete(news.id);
    if (news.kind === 'seen') seen = Math.max(seen, news.seq);
    if (news.kind === 'session' && news.session.token !== session?.token) join(news.session);
    changed();
  });

  return {
    events,
    session: () => session,
    cursor: () => cursor,
    state: () => state,
    agent: () => agent,
    typing: () => typing?.author ?? null,
    connection: () => connection,
    notice: () => notice,
    language: () => language,
    languages: () => languages,
    entries: () => [...earlier, ...settled(), ...unsent()],
    unread: () =>
      [...messages.values()].filter((message) => message.seq > seen && message.author !== 'customer').length,

    /** A session was created for us. @param {Session} next */
    adopt(next) {
      historyLoaded = true; // there is none, so the first message already is news
      storage.setSession(next);
      storage.setSeen(0);
      storage.tell({ kind: 'session', session: next });
      begin(next);
    },

    join,

    /** The server no longer knows `token`; another tab may have got a new one already. @param {string} token */
    forget(token) {
      const stored = storage.session();
      if (stored && stored.token !== token) join(stored);
      else if (session?.token === token) {
        storage.setSession(null);
        session = null;
        state = 'closed';
        showTyping(null);
      }
      changed();
    },

    /** @param {string} text @param {string} [payload] of a pressed button whose title is `text` */
    enqueue(text, payload) {
      const order = Math.max(Date.now(), (queued().at(-1)?.order ?? 0) + 1);
      const item = { client_id: newId(), order, at: new Date().toISOString(), text, ...(payload && { payload }) };
      queue.set(item.client_id, item);
      storage.putQueued(item);
      storage.tell({ kind: 'queued', item });
      changed();
    },

    /** @returns {Queued | undefined} the oldest message to send; those refused wait for the customer */
    next: () => queued().find((item) => !item.problem),

    /** Whether no other tab has sent it in the meantime. @param {string} id */
    isUnsent: (id) => queue.has(id),

    /** The server has it. @param {string} id @param {number} seq */
    acknowledge(id, seq) {
      settle(id, seq);
      storage.tell({ kind: 'settled', id, seq });
      changed();
    },

    /** The server refuses it for good. @param {string} id @param {string} problem */
    reject(id, problem) {
      const item = queue.get(id);
      if (!item) return;
      const refused = { ...item, problem };
      queue.set(id, refused);
      storage.putQueued(refused);
      storage.tell({ kind: 'queued', item: refused });
      changed();
    },

    /** Takes an unsent message back. @param {string} id @returns {string} its text */
    withdraw(id) {
      const text = queue.get(id)?.text ?? '';
      drop(id);
      storage.tell({ kind: 'dropped', id });
      changed();
      return text;
    },

    /** Messages from the server, in order. @param {Message[]} arrived @param {number} after up to where that is all */
    receive(arrived, after) {
      cursor = Math.max(cursor, after);
      for (const message of arrived) {
        const fresh = merge(message);
        if (message.author === 'customer') continue;
        showTyping(null);
        if (message.agent) agent = message.agent;
        if (fresh && historyLoaded) events.dispatchEvent(new CustomEvent('arrival', { detail: message }));
      }
      if (historyLoaded) changed(); // a long history is drawn once, when all of it is here
    },

    /** Everything said so far is here; what comes from now on is new. @param {State} next @param {string} spoken */
    caughtUp(next, spoken) {
      historyLoaded = true;
      setState(next, agent, spoken);
    },

    setState,

    /** @param {Author} author */
    someoneTypes(author) {
      showTyping(author);
      changed();
    },

    /** @param {string} next */
    setConnection(next) {
      if (next === connection) return;
      connection = next;
      changed();
    },

    /** How sending goes. @param {{delayed: boolean, notice: string}} delivery */
    setDelivery(delivery) {
      ({ delayed, notice } = delivery);
      changed();
    },

    /** @param {string[]} choice @param {string} guess the language of the answers, before anything was said */
    setLanguages(choice, guess) {
      languages = choice;
      language ||= guess;
      changed();
    },

    /** @param {string} chosen */
    speak(chosen) {
      language = chosen;
      storage.setLanguage(chosen);
      changed();
    },

    markSeen() {
      const theirs = [...messages.values()].filter((message) => message.author !== 'customer');
      const newest = Math.max(0, ...theirs.map((message) => message.seq)); // one of theirs may still come before our newest
      if (newest <= seen) return;
      seen = newest;
      storage.setSeen(seen);
      storage.tell({ kind: 'seen', seq: seen });
      changed();
    },
  };
}

/** `crypto.randomUUID` exists only on https; this works everywhere. */
function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
