// Short notices on the page, and words for screen readers.
import { h, render } from './dom.js';

const SHOWN_MS = 7000;
const QUIET_MS = 400;
/** @type {{id: number, tone: 'info'|'danger', text: string, href: string|null}[]} */
let toasts = [];
let nextId = 1;
/** @type {string[]} */
let spoken = [];
let speaking = 0;

/**
 * @param {string} text
 * @param {'info'|'danger'} [tone] errors stay until dismissed
 * @param {string|null} [href] what it is about; it stays until that is opened
 */
export function toast(text, tone = 'info', href = null) {
  const id = nextId++;
  toasts = [...toasts.filter((other) => other.text !== text), { id, tone, text, href }].slice(-4);
  if (tone === 'info') {
    if (!href) setTimeout(() => dismiss(id), SHOWN_MS);
    announce(text);
  }
  show();
}

window.addEventListener('hashchange', () => {
  for (const { id, href } of toasts) if (href === location.hash) dismiss(id);
});

/** @param {unknown} error shows what went wrong */
export function toastError(error) {
  toast(error instanceof Error ? error.message : 'Something went wrong. Please try again.', 'danger');
}

/** Reads it out politely; what comes within a moment is read together. @param {string} text */
export function announce(text) {
  spoken.push(text);
  clearTimeout(speaking);
  speaking = setTimeout(() => {
    const region = document.getElementById('announcer');
    if (region) region.textContent = spoken.join('. ');
    spoken = [];
  }, QUIET_MS);
}

/** @param {number} id */
function dismiss(id) {
  toasts = toasts.filter((other) => other.id !== id);
  show();
}

function show() {
  const region = document.getElementById('toasts');
  if (!region) return;
  render(
    region,
    toasts.map(({ id, tone, text, href }) =>
      h(
        'div',
        { key: id, class: `toast ${tone}`, role: tone === 'danger' ? 'alert' : null },
        h('p', null, text, href ? [' ', h('a', { href }, 'Open')] : null),
        h(
          'button',
          { type: 'button', class: 'plain', 'aria-label': 'Dismiss this notice', onclick: () => dismiss(id) },
          '×',
        ),
      ),
    ),
  );
}
