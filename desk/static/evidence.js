// Lighting up the messages something was drawn from.
import { announce } from './notices.js';
import { changed, state } from './store.js';
import { revealMessage } from './transcript.js';
import { counted } from './words.js';

const SWITCH_MS = 60;

/** @param {number[]} seqs */
function highlight(seqs) {
  state.highlighted = new Set(seqs);
  changed('conversation');
}

/** Handlers that light the messages up while the pointer or the focus is there. @param {number[]} seqs */
export function lightUp(seqs) {
  const on = () => highlight(seqs);
  const off = () => highlight([]);
  return { onpointerenter: on, onpointerleave: off, onfocus: on, onblur: off };
}

/**
 * Goes to the first of them; on a narrow screen the transcript comes forward first.
 * @param {number[]} seqs
 */
export function reveal(seqs) {
  const behind = /** @type {HTMLElement|null} */ (document.querySelector('.middle'))?.offsetParent === null;
  if (behind) location.hash = `#/c/${encodeURIComponent(state.route.id ?? '')}`;
  setTimeout(
    () => {
      highlight(seqs);
      revealMessage(seqs[0]);
    },
    behind ? SWITCH_MS : 0,
  );
  announce(`${counted(seqs.length, 'message')} marked in the transcript`);
}
