/** The chat contract over HTTP: one function a request, one kind of error. */

const REQUEST_TIMEOUT_MS = 15_000;

/** What went wrong with a request; `status` 0 means that nothing came back. */
export class ChatError extends Error {
  /**
   * @param {number} status
   * @param {string} message the server's own sentence, or ''
   * @param {number} retryAfter seconds the server asks us to wait, or 0
   */
  constructor(status, message, retryAfter) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
  }

  /** The token is unknown or expired: only a new session helps. */
  get unauthorised() {
    return this.status === 401;
  }

  /** Trying the same again later may work. */
  get temporary() {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

/**
 * @typedef {import('./store.js').Message} Message
 * @typedef {import('./store.js').Session} Session
 * @typedef {{client_id: string, text?: string, payload?: string}} Outgoing
 * @typedef {{messages: Message[], after: number, state: string, language: string}} Page
 */

/** @param {string} server base address, ending in a slash */
export function createTransport(server) {
  /** @param {string} path @param {RequestInit & {token?: string}} options */
  async function request(path, { token, ...options } = {}) {
    const headers = new Headers(options.headers);
    if (token) headers.set('Authorization', `Bearer ${token}`);
    if (options.body) headers.set('Content-Type', 'application/json');
    let response;
    try {
      response = await fetch(new URL(path, server), { ...options, headers, cache: 'no-store', credentials: 'omit' });
    } catch (cause) {
      if (options.signal?.aborted && options.signal.reason !== 'timeout') throw cause;
      throw new ChatError(0, '', 0);
    }
    if (!response.ok) throw await refusal(response);
    return response;
  }

  /** @param {string} path @param {RequestInit & {token?: string}} [options] */
  async function json(path, options = {}) {
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort('timeout'), REQUEST_TIMEOUT_MS);
    try {
      const response = await request(path, { ...options, signal: limit.signal });
      return await response.json();
    } catch (error) {
      throw error instanceof ChatError ? error : new ChatError(0, '', 0); // cut off while reading the body
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    /** @param {string | null} language only if the visitor chose one @returns {Promise<Session & {language: string}>} */
    createSession: (language) => {
      const time_zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
      return json('chat/sessions', { method: 'POST', body: JSON.stringify({ time_zone, language }) });
    },

    /** @returns {Promise<{languages: string[], language: string}>} what may be chosen, and the best guess */
    languages: () => json('chat/languages'),

    /** @param {string} token @param {string} language to be answered in */
    speak: (token, language) => request('chat/language', { method: 'POST', token, body: JSON.stringify({ language }) }),

    /** @param {string} token @param {Outgoing} body @returns {Promise<{seq: number}>} */
    send: (token, body) => json('chat/messages', { method: 'POST', token, body: JSON.stringify(body) }),

    /** @param {string} token @param {number} after @returns {Promise<Page>} */
    messages: (token, after) => json(`chat/messages?after=${after}`, { token }),

    /** @param {string} token @param {string} id @returns {Promise<Blob>} */
    file: async (token, id) => (await request(`chat/files/${encodeURIComponent(id)}`, { token })).blob(),

    /** @param {string} token @param {number} after @param {AbortSignal} signal */
    events: (token, after, signal) =>
      request(`chat/events?after=${after}`, { token, signal, headers: { Accept: 'text/event-stream' } }),

    /**
     * Why nothing comes back. The widget's own file may be fetched from anywhere, the chat only from websites
     * on the business's list: where only the file comes, this website is not on it.
     * @returns {Promise<'offline' | 'unlisted' | 'reconnecting'>}
     */
    async trouble() {
      if (!navigator.onLine) return 'offline';
      if (new URL(server).origin === location.origin) return 'reconnecting';
      const options = /** @type {RequestInit} */ ({ method: 'GET', cache: 'no-store', credentials: 'omit' });
      const file = await fetch(new URL('chat/widget.js', server), options).catch(() => null);
      return file?.ok ? 'unlisted' : 'reconnecting';
    },

    /** Says that the customer is typing; whether it arrives does not matter. @param {string} token */
    typing: (token) => request('chat/typing', { method: 'POST', token, body: '{}' }).then(() => {}, () => {}),
  };
}

/** @param {Response} response */
async function refusal(response) {
  const body = await response.json().catch(() => null);
  const message = typeof body?.error?.message === 'string' ? body.error.message : '';
  return new ChatError(response.status, message, seconds(response.headers.get('Retry-After')));
}

/** Retry-After is a number of seconds or a date. @param {string | null} value */
function seconds(value) {
  if (!value) return 0;
  const wait = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1000;
  return Number.isFinite(wait) ? Math.max(0, wait) : 0;
}
