// Search-and-choose dialogs: canned replies and articles. Arrow keys move, Enter chooses.
import * as api from './api.js';
import { dialogHead, openDialog } from './dialogs.js';
import { classes, h, render } from './dom.js';

const PAUSE_MS = 200;

/**
 * @template T
 * @typedef {object} Picker
 * @property {string} title
 * @property {string} placeholder
 * @property {(query: string) => Promise<T[]>} search
 * @property {(item: T) => import('./dom.js').Child} view
 * @property {[string, (item: T) => any][]} actions name and answer; the first is Enter
 * @property {string} nothing
 * @property {string} [query] searched at first
 */

/**
 * @param {string} language of the conversation
 * @param {(text: string) => string} fill
 * @returns {Promise<import('./types.js').CannedReply|null>}
 */
export async function pickCanned(language, fill) {
  /** @type {Promise<import('./types.js').CannedReply[]>|null} */
  let all = null;
  return pick({
    title: 'Canned replies',
    placeholder: 'Search replies',
    search: async (query) => {
      all ??= api.canned(language).then(({ replies }) => replies);
      const words = query.toLowerCase().split(/\s+/);
      return (await all).filter((reply) =>
        words.every((word) => `${reply.title} ${reply.text}`.toLowerCase().includes(word)),
      );
    },
    view: (reply) => [
      h('b', { key: 'title' }, reply.title),
      h('span', { key: 'text', class: 'option-text' }, fill(reply.text)),
    ],
    actions: [['Insert', (reply) => reply]],
    nothing: 'No reply with these words.',
  });
}

/**
 * @param {string} language of the conversation
 * @param {string} query searched at first: what the customer wrote last
 * @returns {Promise<string|null>} what to insert
 */
export function pickArticle(language, query) {
  return pick({
    query,
    title: 'Articles',
    placeholder: 'What does the customer ask?',
    search: async (query) => (await api.articles(query, language)).articles,
    view: (article) => [
      h('b', { key: 'title' }, article.title),
      h('span', { key: 'category', class: 'muted' }, article.category),
      h('span', { key: 'text', class: 'option-text' }, article.excerpt),
    ],
    actions: [
      ['Insert link', (article) => `${article.title}: ${new URL(article.url, location.origin).href}`],
      ['Insert text', (article) => article.excerpt],
    ],
    nothing: 'No article found. Try other words.',
  });
}

/**
 * @template T
 * @param {Picker<T>} picker
 * @returns {Promise<any>}
 */
function pick(picker) {
  return openDialog('dialog picker', picker.title, (dialog, done) => {
    const view = { /** @type {T[]} */ items: [], at: 0, query: picker.query ?? '', loading: true, error: '' };
    let timer = 0;
    let asked = 0;
    let current = true; // the items are those of the query
    const draw = () => render(dialog, pickerView(picker, view, { done, move, ask, choose }));
    const move = (/** @type {number} */ to) => {
      view.at = Math.max(0, Math.min(view.items.length - 1, to));
      draw();
      dialog.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' });
    };
    const load = async () => {
      const turn = ++asked;
      try {
        const items = await picker.search(view.query.trim());
        if (turn === asked) Object.assign(view, { items, at: 0, loading: false, error: '' });
      } catch (error) {
        if (turn === asked)
          Object.assign(view, { items: [], loading: false, error: /** @type {Error} */ (error).message });
      }
      if (turn === asked) current = true;
      draw();
    };
    const ask = (/** @type {string} */ query) => {
      view.query = query;
      current = false;
      clearTimeout(timer);
      timer = setTimeout(load, PAUSE_MS);
    };
    // Who types quickly presses Enter before the list has followed: it is their words that count.
    const choose = async () => {
      if (!current) {
        clearTimeout(timer);
        await load();
      }
      const chosen = view.items[view.at];
      if (current && chosen) done(picker.actions[0][1](chosen));
    };
    draw();
    load();
    dialog.querySelector('input')?.select();
  });
}

/**
 * @template T
 * @param {Picker<T>} picker
 * @param {{items: T[], at: number, query: string, loading: boolean, error: string}} view
 * @param {{done: (answer: any) => void, move: (to: number) => void, ask: (query: string) => void, choose: () => void}} on
 */
function pickerView(picker, view, on) {
  const chosen = view.items[view.at];
  const onKey = (/** @type {KeyboardEvent} */ event) => {
    const to = { ArrowDown: view.at + 1, ArrowUp: view.at - 1 }[event.key];
    if (to !== undefined) on.move(to);
    else if (event.key === 'Enter' && !event.isComposing) on.choose();
    else return;
    event.preventDefault();
  };
  return h(
    'div',
    { class: 'picker-body', key: 'body' },
    dialogHead(picker.title, () => on.done(null)),
    h('input', {
      type: 'text', // a search field would keep the first Escape to itself
      class: 'picker-search',
      role: 'combobox',
      'aria-label': picker.placeholder,
      placeholder: picker.placeholder,
      'aria-expanded': view.items.length > 0,
      'aria-controls': 'options',
      'aria-autocomplete': 'list',
      'aria-activedescendant': chosen ? `option-${view.at}` : null,
      value: view.query,
      autocomplete: 'off',
      autofocus: true,
      onkeydown: onKey,
      oninput: (/** @type {Event} */ event) => on.ask(/** @type {HTMLInputElement} */ (event.target).value),
    }),
    options(picker, view, on),
    h(
      'p',
      { class: 'picker-state muted', role: 'status' },
      view.loading ? 'Looking…' : view.error || (view.items.length ? '' : picker.nothing),
    ),
    actionButtons(picker, chosen, on.done),
  );
}

/**
 * @template T
 * @param {Picker<T>} picker
 * @param {{items: T[], at: number}} view
 * @param {{done: (answer: any) => void, move: (to: number) => void}} on
 */
function options(picker, view, on) {
  return h(
    'div',
    { class: 'options', id: 'options', role: 'listbox', 'aria-label': picker.title, tabindex: -1 },
    view.items.map((item, index) =>
      h(
        'div',
        {
          key: index,
          id: `option-${index}`,
          role: 'option',
          class: classes('option', index === view.at && 'chosen'),
          'aria-selected': index === view.at,
          onclick: () => on.move(index),
          ondblclick: () => on.done(picker.actions[0][1](item)),
        },
        picker.view(item),
      ),
    ),
  );
}

/**
 * @template T
 * @param {Picker<T>} picker
 * @param {T|undefined} chosen
 * @param {(answer: any) => void} done
 */
function actionButtons(picker, chosen, done) {
  return h(
    'div',
    { class: 'dialog-buttons' },
    h('span', { class: 'muted keys-hint' }, 'Arrow keys move, Enter inserts'),
    [...picker.actions].reverse().map(([name, answer], index, all) =>
      h(
        'button',
        {
          key: name,
          type: 'button',
          class: index === all.length - 1 ? 'primary' : 'quiet',
          disabled: !chosen,
          onclick: () => chosen && done(answer(chosen)),
        },
        name,
      ),
    ),
  );
}
