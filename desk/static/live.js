// Live events. The browser's EventSource reconnects by itself and names the last event it saw
// (Last-Event-ID), so nothing is missed. Whenever a connection opens, everything on screen is
// fetched again: that covers the moment before the first one and a server that refused for a while.
import * as api from './api.js';
import { onChange, refreshAll, seeOpen } from './data.js';
import { retryAll } from './outbox.js';
import { changed, state } from './store.js';

const RETRY_MS = [1000, 2000, 5000, 10_000];
const TYPING_MS = 6000;
const STALE_AFTER_MS = 60_000;

/** @type {EventSource|null} */
let source = null;
let failures = 0;
let retry = 0;
let hiddenAt = 0;
let typingEnds = 0;
/** @type {AbortController|null} */
let watching = null;

export function connect() {
  disconnect();
  watching = new AbortController();
  const { signal } = watching;
  window.addEventListener('online', reopen, { signal });
  window.addEventListener('offline', () => setConnection('offline'), { signal });
  document.addEventListener('visibilitychange', onVisibility, { signal });
  open();
}

export function disconnect() {
  watching?.abort();
  source?.close();
  source = null;
  clearTimeout(retry);
}

function open() {
  clearTimeout(retry);
  source?.close();
  source = new EventSource('/desk/api/events');
  source.onopen = onOpen;
  source.onerror = onError;
  source.addEventListener('change', (event) => onChange(JSON.parse(event.data)));
  source.addEventListener('typing', (event) => onTyping(JSON.parse(event.data)));
}

function onOpen() {
  failures = 0;
  setConnection('live');
  refreshAll();
  retryAll();
}

async function onError() {
  failures += 1;
  setConnection(navigator.onLine ? 'connecting' : 'offline');
  if (source?.readyState !== EventSource.CLOSED) return;
  // Refused for good (a restart behind a proxy, an ended session): ask who we are, then try again.
  const delay = RETRY_MS[Math.min(failures - 1, RETRY_MS.length - 1)];
  clearTimeout(retry);
  retry = setTimeout(
    async () => {
      await api.me().catch(() => null);
      if (watching && !watching.signal.aborted) open();
    },
    delay * (0.75 + Math.random() / 2),
  );
}

function reopen() {
  if (state.connection === 'live') return;
  failures += 1;
  open();
}

/** A laptop that slept may hold a dead connection without knowing it. */
function onVisibility() {
  if (document.hidden) hiddenAt = Date.now();
  else if (hiddenAt && Date.now() - hiddenAt > STALE_AFTER_MS) refreshAll();
  seeOpen();
  changed('queue', 'conversation');
}

/** @param {{conversation: string, author: string}} typing */
function onTyping({ conversation, author }) {
  if (conversation !== state.route.id || author === 'agent') return;
  state.typing = { author, until: Date.now() + TYPING_MS };
  changed('conversation');
  clearTimeout(typingEnds);
  typingEnds = setTimeout(() => {
    state.typing = null;
    changed('conversation');
  }, TYPING_MS);
}

/** @param {'live'|'connecting'|'offline'} connection */
function setConnection(connection) {
  if (state.connection === connection) return;
  state.connection = connection;
  changed('connection');
}
