/**
 * Follows a conversation: what was missed first, then live events; polling where streams do not get through.
 * Every new connection starts from the last number heard of, so a break costs time and no message.
 */

import { readEvents } from './sse.js';
import { backoff, createPause } from './waiting.js';

const POLL_MS = 3_000;
const POLL_HIDDEN_MS = 20_000;
const HIDDEN_GRACE_MS = 15_000;
const LONGEST_PAUSE_MS = 15_000;
const SILENCE_MS = 40_000; // the server sends at least a comment every 15 s
const STALE_MS = 20_000; // on waking up, a stream this quiet is taken for dead
const STREAM_FAILURES = 3;
const POLL_INSTEAD_MS = 60_000; // then streaming gets another chance

/**
 * @typedef {import('./store.js').Store} Store
 * @typedef {import('./store.js').Session} Session
 * @typedef {import('./transport.js').ChatError} ChatError
 */

/** @param {{store: Store, transport: ReturnType<typeof import('./transport.js').createTransport>}} parts */
export function createLive({ store, transport }) {
  const pause = createPause();
  /** @type {AbortController | null} */
  let following = null;
  /** @type {AbortController | null} */
  let streaming = null;
  let lastHeard = 0;
  let hiddenTimer = 0;
  let hiddenLong = document.hidden;

  /** Everything after the cursor; the server may give it in pages. @param {Session} session @param {AbortSignal} signal */
  async function catchUp(session, signal) {
    let page, before;
    do {
      before = store.cursor();
      page = await transport.messages(session.token, before);
      if (signal.aborted) return;
      store.receive(page.messages, page.after);
    } while (store.cursor() > before);
    store.caughtUp(/** @type {import('./store.js').State} */ (page.state), page.language);
  }

  /** @param {import('./sse.js').ServerEvent} event */
  function handle({ event, id, data }) {
    const news = parsed(data);
    if (!news) return;
    if (event === 'message') store.receive([news], Number(id));
    else if (event === 'state') store.setState(news.state, news.agent ?? null, news.language);
    else if (event === 'typing') store.someoneTypes(news.author);
  }

  /** @param {Session} session @param {AbortSignal} signal @returns {Promise<boolean>} whether anything got through */
  async function stream(session, signal) {
    const controller = new AbortController();
    const abort = () => controller.abort();
    signal.addEventListener('abort', abort);
    streaming = controller;
    lastHeard = Date.now();
    const watch = setInterval(() => Date.now() - lastHeard > SILENCE_MS && abort(), 5_000);
    let heard = false;
    try {
      const response = await transport.events(session.token, store.cursor(), controller.signal);
      await readEvents(response, handle, () => {
        heard = true;
        lastHeard = Date.now();
      });
    } catch (error) {
      if (/** @type {ChatError} */ (error).unauthorised) throw error;
    } finally {
      clearInterval(watch);
      signal.removeEventListener('abort', abort);
      streaming = null;
    }
    return heard || hiddenLong; // leaving it because the page is hidden is no failure
  }

  /** @param {Session} session @param {AbortSignal} signal */
  async function follow(session, signal) {
    let failures = 0;
    let streamFailures = 0;
    let pollUntil = 0;
    while (!signal.aborted) {
      try {
        await catchUp(session, signal);
        if (signal.aborted) return;
        failures = 0;
        store.setConnection('ok');
        if (hiddenLong || Date.now() < pollUntil) {
          await pause.wait(hiddenLong ? POLL_HIDDEN_MS : POLL_MS);
          continue;
        }
        streamFailures = (await stream(session, signal)) ? 0 : streamFailures + 1;
        if (streamFailures >= STREAM_FAILURES) pollUntil = Date.now() + POLL_INSTEAD_MS;
        else if (!signal.aborted && !hiddenLong) await pause.wait(backoff(streamFailures || 1, LONGEST_PAUSE_MS) / 4);
      } catch (cause) {
        const error = /** @type {ChatError} */ (cause);
        if (signal.aborted) return;
        if (error.unauthorised) return store.forget(session.token);
        failures += 1;
        store.setConnection(await transport.trouble());
        await pause.wait(Math.max((error.retryAfter ?? 0) * 1000, backoff(failures, LONGEST_PAUSE_MS)));
      }
    }
  }

  return {
    /** Follows the store's session, if there is one; leaves the one before. */
    restart() {
      following?.abort();
      following = new AbortController();
      pause.wake();
      const session = store.session();
      if (session) follow(session, following.signal);
    },
    stop() {
      following?.abort();
      clearTimeout(hiddenTimer);
      pause.wake();
    },
    /** The page or the network is back: no more waiting, and no trust in a stream that went quiet. */
    wake() {
      if (Date.now() - lastHeard > STALE_MS) streaming?.abort();
      pause.wake();
    },
    /**
     * A browser allows few connections to one server, so tabs that nobody looks at give theirs back.
     * @param {boolean} hidden
     */
    setHidden(hidden) {
      clearTimeout(hiddenTimer);
      if (!hidden) hiddenLong = false;
      else
        hiddenTimer = setTimeout(() => {
          hiddenLong = true;
          streaming?.abort();
        }, HIDDEN_GRACE_MS);
    },
  };
}

/** @param {string} data @returns {any} the object, or null when it is none */
function parsed(data) {
  try {
    return JSON.parse(data);
  } catch {
    return null;
  }
}
