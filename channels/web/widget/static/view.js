/** The launcher and the panel: opening, closing, focus, announcements, and what is drawn when. */

import { createComposer } from './composer.js';
import { h, icon, icons, setText } from './dom.js';
import { authorName, createLog } from './log.js';
import { words } from './words.js';

const CONNECTION_SHOWN_AFTER_MS = 1_500;
const ANNOUNCEMENT_KEPT_MS = 10_000;
const TIMES_EVERY_MS = 30_000;
const PHONE = '(max-width: 479.98px), (max-height: 479.98px) and (pointer: coarse)';

/**
 * @typedef {import('./store.js').Store} Store
 * @typedef {{send: (text: string, payload?: string) => void, retry: () => void, edit: (id: string) => string,
 *            fetchFile: import('./files.js').Fetch, typing: () => void, speak: (language: string) => void, drafted: (text: string) => void, toggled: (open: boolean) => void}} Actions
 */

/** @param {{store: Store, server: string, draft: string, signal: AbortSignal, actions: Actions}} parts */
export function createView({ store, server, draft, signal, actions }) {
  const phone = matchMedia(PHONE);
  const announcer = h('div', { class: 'hidden', 'aria-live': 'polite' });
  const composer = createComposer({ send: actions.send, typing: actions.typing, drafted: actions.drafted, announce });
  const log = createLog({ server, press, fetchFile: actions.fetchFile, retry: actions.retry, edit, scrolled });
  const speak = (/** @type {Event} */ event) => actions.speak(/** @type {HTMLSelectElement} */ (event.target).value);
  const parts = shell({ open: () => actions.toggled(true), close: () => actions.toggled(false), toEnd: log.toEnd, speak });
  const { root, launcher, badge, panel, heading, state, language, connection, newest, notice } = parts;
  let title = words.title;
  let connectionTimer = 0;
  let drawing = false;

  connection.after(log.element);
  notice.after(composer.element);
  root.append(announcer);
  composer.set(draft);

  /** @param {string} text */
  function announce(text) {
    const line = h('p', {}, text);
    announcer.append(line);
    setTimeout(() => line.remove(), ANNOUNCEMENT_KEPT_MS);
  }

  /** @param {string} text @param {string} payload */
  function press(text, payload) {
    const byKeyboard = panel.querySelector('.choice:focus-visible') !== null;
    actions.send(text, payload);
    if (byKeyboard) composer.focus(); // the button just pressed goes inactive and would lose the focus
  }

  /** @param {string} id */
  function edit(id) {
    const text = actions.edit(id);
    composer.set([text, composer.value()].filter(Boolean).join('\n'));
    composer.focus();
  }

  /** @param {boolean} atEnd */
  function scrolled(atEnd) {
    if (atEnd) newest.hidden = true;
    look();
  }

  /** What is on screen counts as read. */
  function look() {
    if (panel.open && !document.hidden) store.markSeen();
  }

  function draw() {
    const current = store.state();
    const unread = store.unread();
    const typing = store.connection() === 'ok' ? store.typing() : null;
    log.draw({ entries: store.entries(), state: current, typing, agent: store.agent() });
    const { talkingWith } = words;
    setText(state, current === 'agent' ? talkingWith.agent(store.agent()) : talkingWith[current]);
    state.dataset.state = current;
    setText(badge, unread > 9 ? '9+' : String(unread));
    badge.hidden = !unread;
    launcher.setAttribute('aria-label', words.launcher(title, unread));
    drawLanguage();
    notice.hidden = !store.notice();
    setText(notice, store.notice());
    drawConnection(store.connection());
  }

  /** Where the business speaks one language there is nothing to choose. */
  function drawLanguage() {
    const choice = store.languages();
    if (choice.length > 1 && language.options.length !== choice.length)
      language.replaceChildren(...choice.map((code) => h('option', { value: code, lang: code }, languageName(code))));
    language.hidden = choice.length < 2;
    language.value = store.language();
    log.element.lang = store.language();
  }

  /** Draws once, however much changes at a time. */
  function redraw() {
    if (drawing) return;
    drawing = true;
    queueMicrotask(() => {
      drawing = false;
      draw();
    });
  }

  /** A short break is not worth a word. @param {string} now */
  function drawConnection(now) {
    clearTimeout(connectionTimer);
    if (now === 'ok') {
      connection.hidden = true;
      setText(connection, '');
      return;
    }
    const text = now === 'offline' ? words.offline : now === 'unlisted' ? words.unlisted : words.reconnecting;
    const show = () => {
      connection.hidden = false;
      setText(connection, text);
    };
    if (!connection.hidden) show();
    else connectionTimer = setTimeout(show, CONNECTION_SHOWN_AFTER_MS);
  }

  /** @param {import('./store.js').Message} message */
  function arrived(message) {
    const who = authorName(message);
    if (!panel.open) return announce(words.arrived(who));
    announce(`${who}: ${[message.text, ...message.buttons.map((button) => button.title), ...named(message.files)].filter(Boolean).join('\n')}`);
    newest.hidden = log.atEnd();
  }

  /** The keyboard of a phone covers the page; the panel takes what is left. */
  function fit() {
    const view = window.visualViewport;
    if (!view) return;
    panel.style.setProperty('--_height', `${view.height}px`);
    panel.style.setProperty('--_top', `${view.offsetTop}px`);
  }

  /** @param {{focus: boolean}} how */
  function show({ focus }) {
    fit();
    panel.classList.toggle('still', !focus);
    // A full screen is modal: nothing behind it can be reached. Without focus it is a page that reloaded,
    // and the attribute alone opens it where the reader is.
    if (!focus) panel.open = true;
    else if (phone.matches) panel.showModal();
    else panel.show();
    launcher.hidden = true;
    panel.append(announcer); // what lies outside a modal dialog is not spoken
    composer.draw();
    log.toEnd();
    if (focus) composer.focus();
    look();
  }

  function hide() {
    const hadFocus = panel.contains(/** @type {ShadowRoot} */ (root.getRootNode()).activeElement);
    panel.close();
    launcher.hidden = false;
    root.append(announcer);
    newest.hidden = true;
    if (hadFocus) launcher.focus();
  }

  panel.addEventListener('cancel', (/** @type {Event} */ event) => {
    event.preventDefault(); // Escape in a modal panel: ours closes it the same way everywhere
    actions.toggled(false);
  });
  panel.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== 'Escape' || event.isComposing) return;
    event.preventDefault();
    event.stopPropagation();
    actions.toggled(false);
  });
  phone.addEventListener('change', () => panel.open && (panel.close(), show({ focus: true })), { signal });
  window.visualViewport?.addEventListener('resize', fit, { signal });
  window.visualViewport?.addEventListener('scroll', fit, { signal });
  document.addEventListener('visibilitychange', look, { signal });
  store.events.addEventListener('change', () => (redraw(), look()), { signal });
  store.events.addEventListener('arrival', (event) => arrived(/** @type {CustomEvent} */ (event).detail), { signal });
  const times = setInterval(log.refreshTimes, TIMES_EVERY_MS);
  signal.addEventListener('abort', () => clearInterval(times));

  return {
    element: root,
    draw,
    show,
    hide,
    isOpen: () => panel.open,
    greet: log.greet,
    /** @param {string} text */
    setTitle(text) {
      title = text;
      setText(heading, text);
      root.setAttribute('aria-label', text);
      draw();
    },
  };
}

/** @param {import('./files.js').File[]} [files] */
const named = (files = []) => files.map(({ name }) => words.sentFiles(name));

/** A language by its own name: "norsk bokmål". @param {string} code */
function languageName(code) {
  try {
    return new Intl.DisplayNames([code], { type: 'language' }).of(code) ?? code;
  } catch {
    return code;
  }
}

/**
 * The parts that never change.
 * @param {{open: () => void, close: () => void, toEnd: () => void, speak: (event: Event) => void}} on
 */
function shell(on) {
  const badge = h('span', { class: 'badge', part: 'badge', hidden: true });
  const launcher = h(
    'button',
    { type: 'button', class: 'launcher', part: 'launcher', 'aria-haspopup': 'dialog', onclick: on.open },
    icon(icons.chat),
    badge,
  );
  const heading = h('h2', { id: 'title', dir: 'auto' });
  const state = h('p', { class: 'state', id: 'state' });
  const close = h(
    'button',
    { type: 'button', class: 'close', part: 'close', 'aria-label': words.close, title: words.close, onclick: on.close },
    icon(icons.close),
  );
  const language = h('select', { class: 'language', 'aria-label': words.language, hidden: true, onchange: on.speak });
  const who = h('div', { class: 'who' }, heading, state);
  const header = h('header', { class: 'header', part: 'header' }, who, language, close);
  const connection = h('p', { class: 'connection', role: 'status', hidden: true });
  const newest = h('button', { type: 'button', class: 'newest', hidden: true, onclick: on.toEnd }, icon(icons.down), words.newest);
  const notice = h('p', { class: 'notice', role: 'status', hidden: true });
  const panel = h(
    'dialog',
    { class: 'panel', part: 'panel', 'aria-labelledby': 'title', 'aria-describedby': 'state' },
    header,
    connection,
    newest,
    notice,
  );
  // An empty title keeps the browser from showing the element's own title attribute as a tooltip everywhere.
  const root = h('section', { class: 'root', lang: 'en', title: '' }, launcher, panel);
  return { root, launcher, badge, panel, heading, state, language, connection, newest, notice };
}
