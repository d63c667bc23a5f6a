/**
 * `<warmline-chat>`: the chat of a Warmline server on any page.
 *
 *   <script type="module" src="https://HOST/chat/widget.js"></script>
 *   <warmline-chat server="https://HOST"></warmline-chat>
 *
 * Attributes: server, title, greeting, accent, position (bottom-right, bottom-left), open.
 * Methods: open(), close(). Events: warmline:open, warmline:message (detail: the message).
 * Style sheets are constructed, so a strict Content-Security-Policy needs no exception for them.
 */

import { readableColours } from './static/colour.js';
import { h } from './static/dom.js';
import { createLive } from './static/live.js';
import { createSender } from './static/sender.js';
import { createStorage } from './static/storage.js';
import { createStore } from './static/store.js';
import { styles } from './static/styles.js';
import { createTransport } from './static/transport.js';
import { createView } from './static/view.js';
import { words } from './static/words.js';

const HOME = new URL('..', import.meta.url).href; // this file is served as HOME/chat/widget.js
const WIDE = '(min-width: 480px)';
const HASH = '#chat';

const sheet = new CSSStyleSheet();
sheet.replaceSync(styles);

class WarmlineChat extends HTMLElement {
  static observedAttributes = ['open', 'title', 'greeting', 'accent'];

  #theme = new CSSStyleSheet();
  #probe = h('span', { class: 'probe', hidden: true });
  /** @type {AbortController | null} */
  #alive = null;
  /** @type {ReturnType<typeof createView> | null} */
  #view = null;
  #remember = (/** @type {boolean} */ _open) => {};
  #ask = () => {}; // which languages there are
  #quietly = false; // the next opening leaves the focus where it is

  constructor() {
    super();
    this.attachShadow({ mode: 'open' }).adoptedStyleSheets = [sheet, this.#theme];
  }

  connectedCallback() {
    const server = base(this.getAttribute('server'));
    const storage = createStorage(server);
    const store = createStore(storage);
    const transport = createTransport(server);
    const live = createLive({ store, transport });
    const sender = createSender({ store, transport, storage });
    this.#remember = storage.setOpen;
    this.#ask = once(() => transport.languages().then(({ languages, language }) => store.setLanguages(languages, language)));
    this.#alive = new AbortController();
    const { signal } = this.#alive;
    this.#view = createView({
      store,
      server,
      signal,
      draft: storage.draft(),
      actions: {
        send: (text, payload) => (store.enqueue(text, payload), sender.flush()),
        fetchFile: (id) => transport.file(store.session()?.token ?? '', id),
        retry: () => sender.flush(),
        edit: (id) => store.withdraw(id),
        speak: (language) => {
          store.speak(language);
          // Lost on the way: the next state of the conversation shows what it really is.
          if (store.session()) transport.speak(store.session()?.token ?? '', language).catch(() => {});
        },
        typing: () => store.session() && transport.typing(store.session()?.token ?? ''),
        drafted: (text) => storage.setDraft(text),
        toggled: (open) => void this.toggleAttribute('open', open),
      },
    });
    this.shadowRoot?.replaceChildren(this.#view.element, this.#probe);
    store.events.addEventListener('session', () => live.restart(), { signal });
    store.events.addEventListener('arrival', (event) => this.#tell('message', /** @type {CustomEvent} */ (event).detail), { signal });
    signal.addEventListener('abort', () => (live.stop(), sender.stop(), storage.close()));
    this.#followPage({ live, sender, signal });
    this.#start(storage.wasOpen());
    live.restart();
    sender.flush();
  }

  disconnectedCallback() {
    this.#alive?.abort();
    this.#alive = null;
    this.#view = null;
  }

  /** @param {string} name @param {string | null} _before @param {string | null} value */
  attributeChangedCallback(name, _before, value) {
    if (!this.#view) return; // read once the element is connected
    if (name === 'title') this.#view.setTitle(value || words.title);
    if (name === 'greeting') this.#view.greet(value ?? words.greeting);
    if (name === 'accent') this.#paint();
    if (name === 'open') this.#toggle(value !== null);
  }

  /** Opens the chat and puts the cursor into it. */
  open() {
    this.setAttribute('open', '');
  }

  close() {
    this.removeAttribute('open');
  }

  /** First drawing. A chat that was open on the page before stays open, except where it would cover this one. */
  #start(/** @type {boolean} */ wasOpen) {
    this.#view?.setTitle(this.getAttribute('title') || words.title);
    this.#view?.greet(this.getAttribute('greeting') ?? words.greeting);
    this.#paint();
    if (location.hash === HASH) this.hasAttribute('open') ? this.#toggle(true) : this.open();
    else if (this.hasAttribute('open') || (wasOpen && matchMedia(WIDE).matches)) {
      this.#quietly = true;
      this.hasAttribute('open') ? this.#toggle(true) : this.open();
      this.#quietly = false;
    }
  }

  /** @param {boolean} open */
  #toggle(open) {
    if (!this.#view || open === this.#view.isOpen()) return;
    this.#remember(open);
    if (!open) return this.#view.hide();
    this.#ask();
    this.#view.show({ focus: !this.#quietly });
    this.#tell('open');
  }

  /** Works out colours that stay readable with the accent of the page. */
  #paint() {
    const accent = this.getAttribute('accent') ?? '';
    const own = CSS.supports('color', accent) ? `--_accent-attribute: ${accent};` : '';
    this.#theme.replaceSync(`:host { ${own} }`);
    const colours = readableColours(getComputedStyle(this.#probe).color);
    if (!colours) return;
    this.#theme.replaceSync(`:host { ${own}
      --_on-accent: ${colours.onAccent}; --_accent-light: ${colours.onLight}; --_accent-dark: ${colours.onDark}; }`);
  }

  /**
   * @param {{live: ReturnType<typeof createLive>, sender: ReturnType<typeof createSender>, signal: AbortSignal}} parts
   */
  #followPage({ live, sender, signal }) {
    const back = () => {
      live.wake();
      sender.flush();
    };
    window.addEventListener('online', back, { signal });
    window.addEventListener('pagehide', () => live.stop(), { signal }); // an open stream keeps a page out of the back cache
    window.addEventListener('pageshow', ({ persisted }) => persisted && (live.restart(), sender.flush()), { signal });
    document.addEventListener('visibilitychange', () => (live.setHidden(document.hidden), document.hidden || back()), { signal });
    window.addEventListener('hashchange', () => location.hash === HASH && this.open(), { signal });
    document.addEventListener('click', (event) => this.#clicked(event), { signal });
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#paint(), { signal });
  }

  /** Any link to `#chat` opens the chat instead of moving the page. @param {MouseEvent} event */
  #clicked(event) {
    if (!(event.target instanceof Element) || !event.target.closest(`a[href="${HASH}"]`)) return;
    event.preventDefault();
    this.open();
  }

  /** @param {string} name @param {unknown} [detail] */
  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(`warmline:${name}`, { detail, bubbles: true, composed: true }));
  }
}

/** Does `work` at the first call, and again only after it failed. @param {() => Promise<void>} work */
function once(work) {
  let begun = false;
  return () => {
    if (begun) return;
    begun = true;
    work().catch(() => (begun = false));
  };
}

/** @param {string | null} server @returns {string} ending in a slash */
function base(server) {
  const address = server ? new URL(server, location.href).href : HOME;
  return address.endsWith('/') ? address : `${address}/`;
}

if (!customElements.get('warmline-chat')) customElements.define('warmline-chat', WarmlineChat);
