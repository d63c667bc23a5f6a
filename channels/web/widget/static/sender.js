/** Sends the queue, oldest first, until every message is acknowledged or refused for good. */

import { ChatError } from './transport.js';
import { backoff, createPause } from './waiting.js';
import { words } from './words.js';

const LONGEST_PAUSE_MS = 30_000;
const FAILURES_SHOWN = 2; // the first hiccup is nothing to worry the customer with

/**
 * @typedef {import('./store.js').Store} Store
 * @typedef {import('./store.js').Queued} Queued
 */

/**
 * @param {{store: Store, transport: ReturnType<typeof import('./transport.js').createTransport>,
 *          storage: ReturnType<typeof import('./storage.js').createStorage>}} parts
 */
export function createSender({ store, transport, storage }) {
  const pause = createPause();
  let running = false;
  let stopped = false;

  /** One attempt at one message, in one tab at a time. @param {Queued} item */
  function attempt(item) {
    return storage.exclusively(async () => {
      if (!store.isUnsent(item.client_id)) return;
      const shared = storage.session();
      if (!store.session() && shared) store.join(shared);
      if (!store.session()) store.adopt(await transport.createSession(storage.language()));
      const { token } = /** @type {import('./store.js').Session} */ (store.session());
      const { client_id, text, payload } = item;
      try {
        const { seq } = await transport.send(token, payload ? { client_id, payload } : { client_id, text });
        store.acknowledge(client_id, seq);
      } catch (error) {
        if (error instanceof ChatError && error.unauthorised) store.forget(token);
        throw error;
      }
    });
  }

  /** @param {ChatError} error @param {number} failures in a row @returns {number} milliseconds to wait */
  function delay(error, failures) {
    if (error.unauthorised && failures === 1) return 0; // the next attempt brings a session of its own
    return Math.max(error.retryAfter * 1000, backoff(failures, LONGEST_PAUSE_MS));
  }

  async function run() {
    let failures = 0;
    for (let item = store.next(); item && !stopped; item = store.next()) {
      try {
        await attempt(item);
        failures = 0;
        store.setConnection('ok');
        store.setDelivery({ delayed: false, notice: '' });
      } catch (error) {
        if (!(error instanceof ChatError)) throw error;
        if (!error.temporary && !error.unauthorised) {
          store.reject(item.client_id, error.message || words.rejected);
          continue;
        }
        failures += 1;
        if (error.status === 0) store.setConnection(await transport.trouble());
        const milliseconds = delay(error, failures);
        const notice = error.status === 429 ? words.slowDown(milliseconds / 1000) : '';
        store.setDelivery({ delayed: failures >= FAILURES_SHOWN && !notice, notice });
        await pause.wait(milliseconds);
      }
    }
  }

  return {
    /** Sends what waits; a pause between attempts ends now. */
    async flush() {
      pause.wake();
      if (running || stopped) return;
      running = true;
      await run().finally(() => (running = false));
    },
    stop() {
      stopped = true;
      pause.wake();
    },
  };
}
