// Starts the desk: who is there, the three panes, the address, what redraws when.
import * as api from './api.js';
import { acceptDrops, forgetAttachments } from './attachments.js';
import { drawBar } from './bar.js';
import { closeDraft, drawComposer } from './composer.js';
import { drawConversation, refused } from './conversation.js';
import { refreshAll, refreshDetail, takeSession } from './data.js';
import { drawDetails } from './details.js';
import { h, render } from './dom.js';
import { forgetSession, preference, prefer } from './kept.js';
import { startKeys } from './keys.js';
import { connect, disconnect } from './live.js';
import { showLogin } from './login.js';
import { toastError } from './notices.js';
import { forgetHandoffs, unlockSoundOnTouch } from './notify.js';
import { forgetUnsent, resumeSending, whenRefused } from './outbox.js';
import { drawQueue } from './queue.js';
import { changed, reset, state, watch } from './store.js';

const TICK_MS = 10_000;
const app = /** @type {HTMLElement} */ (document.getElementById('app'));
let started = false;

start();

async function start() {
  try {
    enter(await api.me());
  } catch (error) {
    if (/** @type {api.ApiError} */ (error).status === 401) leave('');
    else unreachable(/** @type {Error} */ (error));
  }
}

/** @param {Error} error */
function unreachable(error) {
  render(
    app,
    h(
      'div',
      { class: 'splash', role: 'alert' },
      h('p', null, error.message),
      h('button', { type: 'button', class: 'primary', onclick: () => location.reload() }, 'Try again'),
    ),
  );
}

/** @param {api.Me} session */
function enter(session) {
  const { id } = session.agent;
  if (preference('agent') !== id) forgetSession();
  prefer('agent', id);
  api.whenSignedOut(() => leave('Your session has ended. Please log in again; your drafts are kept.'));
  reset();
  takeSession(session);
  started = true;
  layOut();
  readAddress();
  refreshAll();
  connect();
  resumeSending();
}

/** Shows the login page. @param {string} reason */
function leave(reason) {
  if (document.querySelector('.login')) return;
  for (const dialog of document.querySelectorAll('dialog[open]'))
    /** @type {HTMLDialogElement} */ (dialog).close();
  disconnect();
  forgetHandoffs();
  started = false;
  render(
    app,
    h('div', {
      key: 'login-root',
      ref: (/** @type {Element} */ el) => queueMicrotask(() => showLogin(el, reason, enter)),
    }),
  );
}

async function logOut() {
  try {
    await api.logout();
  } catch (error) {
    if (/** @type {api.ApiError} */ (error).status !== 401) {
      toastError(error);
      return;
    }
  }
  forgetSession();
  forgetUnsent();
  forgetAttachments();
  prefer('agent', null);
  leave('You are logged out. See you soon.');
}

function layOut() {
  const pane = (
    /** @type {string} */ tag,
    /** @type {Record<string, any>} */ props,
    /** @type {string} */ name,
    /** @type {(el: Element) => void} */ draw,
    /** @type {import('./store.js').Topic[]} */ topics,
  ) =>
    h(tag, { ...props, key: name, class: name, ref: (/** @type {Element} */ el) => mount(el, draw, topics) });
  render(
    app,
    h(
      'div',
      { class: 'desk', key: 'desk', id: 'desk' },
      pane('header', {}, 'bar', (el) => drawBar(el, logOut), ['me', 'connection']),
      h(
        'main',
        { class: 'panes' },
        h('h1', { class: 'unseen' }, 'Desk'),
        pane('nav', { 'aria-label': 'Queue', tabindex: -1 }, 'queue', drawQueue, ['queue', 'route']),
        h(
          'section',
          { class: 'middle', 'aria-label': 'Conversation', tabindex: -1 },
          pane('div', {}, 'conversation', drawConversation, ['conversation', 'route', 'queue']),
          pane('div', {}, 'composer', drawComposer, ['conversation', 'draft', 'route']),
        ),
        pane('section', { 'aria-label': 'Summary and customer', tabindex: -1 }, 'details', drawDetails, [
          'conversation',
          'route',
        ]),
      ),
    ),
  );
}

/** @param {Element} el @param {(el: Element) => void} draw @param {import('./store.js').Topic[]} topics */
function mount(el, draw, topics) {
  const redraw = () => draw(el);
  watch(topics, redraw);
  redraw();
}

/** Takes `#/c/ID` and `#/c/ID/details` from the address. */
function readAddress() {
  const [, id, details] = location.hash.match(/^#\/c\/([^/]+)(\/details)?$/) ?? [];
  const next = id ? decodeURIComponent(id) : null;
  const other = next !== state.route.id;
  state.route = { id: next, details: Boolean(details) };
  if (other) {
    Object.assign(state, {
      detail: null,
      detailError: null,
      banner: null,
      typing: null,
      highlighted: new Set(),
    });
    closeDraft();
    if (next) refreshDetail();
  }
  const desk = document.getElementById('desk');
  if (desk) desk.className = `desk show-${next ? (details ? 'details' : 'conversation') : 'queue'}`;
  changed('route', 'conversation');
}

window.addEventListener('hashchange', () => {
  if (!started) return;
  readAddress();
  // The panes stay while their content changes: a focus on them is not lost when it arrives.
  /** @type {HTMLElement|null} */ (
    document.querySelector('.show-details .details, .show-conversation .middle, .show-queue .queue')
  )?.focus();
});
setInterval(() => {
  if (started) changed('queue', 'conversation');
}, TICK_MS);
whenRefused((item, error) => refused(item.conversation, error));
startKeys(() => started);
acceptDrops();
unlockSoundOnTouch();
