/** Comfort for the help page, which works without it: answers while typing, and links to the chat once it is there. */

const PAUSE_MS = 150;
const SHORTEST = 2; // characters; one letter begins every second title

const form = /** @type {HTMLFormElement} */ (document.querySelector('.search'));
const field = /** @type {HTMLInputElement} */ (form.querySelector('input'));
const box = /** @type {HTMLElement} */ (form.querySelector('.suggestions'));
const status = /** @type {HTMLElement} */ (form.querySelector('[role=status]'));

/** @typedef {{title: string, category: string, url: string}} Result */

/** Ends the search that is under way, so that an old answer never covers a newer one. */
let search = new AbortController();
let timer = 0;

/** @param {string} name @param {Record<string, string>} attributes @param {(string | Node)[]} children */
function h(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** @param {Result} result */
const suggestion = ({ title, category, url }) => h('li', {}, h('a', { href: url }, title, h('small', {}, category)));

/** @param {string} query @param {Result[]} results */
function show(query, results) {
  const address = `${form.action}?${new URLSearchParams({ q: query })}`;
  const all = h('li', {}, h('a', { href: address, class: 'all' }, 'See all results'));
  box.replaceChildren(
    results.length
      ? h('ul', { 'aria-label': 'Suggested answers' }, ...results.map(suggestion), all)
      : h('p', {}, 'Nothing found yet. Other words may help.'),
  );
  box.hidden = false;
  const count = results.length === 1 ? '1 answer' : `${results.length} answers`;
  status.textContent = results.length ? `${count}. Press the down arrow to go to them.` : 'Nothing found yet.';
}

function hide() {
  clearTimeout(timer);
  search.abort();
  box.hidden = true;
  status.textContent = '';
}

/** @param {string} query */
async function suggest(query) {
  search = new AbortController();
  const { signal } = search;
  try {
    const response = await fetch(`${form.action}.json?${new URLSearchParams({ q: query })}`, { signal });
    if (!response.ok) throw new Error(`${response.status}`);
    const { results } = await response.json();
    if (!signal.aborted) show(query, results);
  } catch {
    if (!signal.aborted) hide(); // the button still searches
  }
}

field.addEventListener('input', () => {
  clearTimeout(timer);
  search.abort();
  const query = field.value.trim();
  if (query.length < SHORTEST) return hide();
  timer = setTimeout(() => suggest(query), PAUSE_MS);
});

form.addEventListener('submit', hide);
window.addEventListener('pagehide', hide); // browsers keep the page as it was for the way back

/** Leaving by keyboard or mouse. A focus that goes nowhere is not leaving: Safari does that on a click on a link. */
const left = (/** @type {EventTarget | null} */ target) => target instanceof Node && !form.contains(target) && hide();
form.addEventListener('focusout', ({ relatedTarget }) => left(relatedTarget));
document.addEventListener('pointerdown', ({ target }) => left(target));

form.addEventListener('keydown', (event) => {
  if (box.hidden || event.isComposing) return;
  if (event.key === 'Escape') {
    event.preventDefault(); // it would empty the field
    field.focus();
    return hide();
  }
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const stops = [field, ...box.querySelectorAll('a')];
  const here = stops.findIndex((stop) => stop === document.activeElement);
  stops[Math.min(Math.max(here + step, 0), stops.length - 1)].focus();
});

/** A link to a category shows all of it. */
const unfold = () => document.querySelector(':target details')?.setAttribute('open', '');
window.addEventListener('hashchange', unfold);
unfold();

customElements.whenDefined('warmline-chat').then(() => {
  for (const element of document.querySelectorAll('[data-chat]')) element.removeAttribute('hidden');
});
