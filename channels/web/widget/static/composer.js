/** Where the customer writes. */

import { h, icon, icons, setText } from './dom.js';
import { characters } from './text.js';
import { words } from './words.js';

const MAX_CHARACTERS = 4000; // what the server takes
const COUNTER_FROM = 3600;
const TYPING_EVERY_MS = 2_000;

/**
 * @param {{send: (text: string) => void, typing: () => void, drafted: (text: string) => void,
 *          announce: (text: string) => void}} actions
 */
export function createComposer(actions) {
  const field = h('textarea', {
    rows: 1,
    id: 'composer',
    dir: 'auto',
    placeholder: words.placeholder,
    enterkeyhint: 'send',
    'aria-describedby': 'counter',
    part: 'composer',
    oninput: changed,
    onkeydown: keyPressed,
  });
  const send = h('button', { class: 'send', part: 'send', 'aria-label': words.send, title: words.send }, icon(icons.send));
  const counter = h('p', { class: 'counter', id: 'counter', hidden: true });
  const label = h('label', { class: 'hidden', for: 'composer' }, words.composer);
  const form = h('form', { class: 'form', onsubmit: submit }, label, field, send, counter);
  let toldTyping = 0;
  let tooLong = false;

  function changed() {
    draw();
    actions.drafted(field.value);
    if (field.value.trim() && Date.now() - toldTyping > TYPING_EVERY_MS) {
      toldTyping = Date.now();
      actions.typing();
    }
  }

  function draw() {
    const length = characters(field.value.trim());
    const over = length > MAX_CHARACTERS;
    counter.hidden = length < COUNTER_FROM;
    setText(counter, over ? words.over(length - MAX_CHARACTERS) : words.left(MAX_CHARACTERS - length));
    counter.classList.toggle('over', over);
    if (over && !tooLong) actions.announce(counter.textContent);
    tooLong = over;
    field.setAttribute('aria-invalid', String(over));
    send.disabled = length === 0 || over;
    // As high as its text; the style sheet says where that ends.
    field.style.height = 'auto';
    field.style.height = `${field.scrollHeight}px`;
  }

  /** @param {KeyboardEvent} event */
  function keyPressed(event) {
    // While an input method composes, Enter chooses a word (229: Safari reports it after the end).
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    submit(event);
  }

  /** @param {Event} event */
  function submit(event) {
    event.preventDefault();
    const text = field.value.trim();
    draw();
    if (send.disabled) return;
    set('');
    toldTyping = 0;
    actions.send(text);
    field.focus();
  }

  /** @param {string} text */
  function set(text) {
    field.value = text;
    actions.drafted(text);
    draw();
  }

  return {
    element: form,
    set,
    draw,
    value: () => field.value,
    focus: () => field.focus({ preventScroll: true }),
  };
}
