// Dialogs: the platform's own, which keep the focus inside and give it back.
import { h, render } from './dom.js';
import { draft, keepDraft } from './kept.js';

/** @typedef {{id: string, mode: import('./kept.js').Draft}} Written in which conversation, and what for */

/**
 * Opens a dialog and waits for its answer.
 * @template T
 * @param {string} className
 * @param {string} label
 * @param {(dialog: HTMLDialogElement, done: (answer: T|null) => void) => void} draw
 * @returns {Promise<T|null>} null when it was left
 */
export function openDialog(className, label, draw) {
  return new Promise((resolve) => {
    const dialog = document.createElement('dialog');
    /** @type {T|null} */
    let answer = null;
    dialog.className = className;
    dialog.setAttribute('aria-label', label);
    dialog.onclose = () => {
      dialog.remove();
      resolve(answer);
    };
    // Pressed on the backdrop; a click would also count text selected from inside to outside.
    dialog.onpointerdown = (event) => {
      if (event.target === dialog) dialog.close();
    };
    document.body.append(dialog);
    draw(dialog, (value) => {
      answer = value;
      dialog.close();
    });
    dialog.showModal();
  });
}

/** @param {string} title @param {() => void} onClose */
export const dialogHead = (title, onClose) =>
  h(
    'div',
    { class: 'dialog-head', key: 'head' },
    h('h2', null, title),
    h('button', { type: 'button', class: 'plain', 'aria-label': 'Close this dialog', onclick: onClose }, '×'),
  );

/** In a field for words Enter begins a new line; with Ctrl or Command it sends. @param {KeyboardEvent} event */
function sendWithKeys(event) {
  if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
  event.preventDefault();
  /** @type {HTMLFormElement} */ (event.currentTarget).requestSubmit();
}

/**
 * A dialog whose form is sent from within: it stays, with all that was typed, until the server agrees.
 * @template T
 * @param {object} form
 * @param {string} form.title
 * @param {string} form.go what its button says
 * @param {Written} form.written
 * @param {(draw: () => void) => import('./dom.js').Child} form.fields described anew by each `draw`
 * @param {(data: FormData) => Promise<T>} form.send
 * @returns {Promise<T|null>} the server's answer; null when it was left
 */
export function sendForm({ title, go, written, fields, send }) {
  return openDialog('dialog', title, (dialog, done) => {
    let busy = false;
    let problem = '';
    const submit = async (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      if (busy) return;
      busy = true;
      problem = '';
      draw();
      try {
        const answer = await send(new FormData(/** @type {HTMLFormElement} */ (event.target)));
        keepDraft(written.id, written.mode, '');
        done(answer);
      } catch (error) {
        busy = false;
        problem = /** @type {Error} */ (error).message;
        draw();
      }
    };
    const draw = () =>
      render(
        dialog,
        dialogHead(title, () => done(null)),
        h(
          'form',
          { key: 'form', onsubmit: submit, onkeydown: sendWithKeys },
          fields(draw),
          problem ? h('p', { key: 'problem', class: 'field-error', role: 'alert' }, problem) : null,
          h(
            'div',
            { key: 'buttons', class: 'dialog-buttons' },
            h('button', { type: 'button', class: 'quiet', onclick: () => done(null) }, 'Cancel'),
            // Not disabled: it would lose the focus.
            h('button', { class: 'primary', 'aria-disabled': busy }, go),
          ),
        ),
      );
    draw();
  });
}

/**
 * A field for words, named `text`; they are there again when the dialog is opened the next time.
 * @param {string} label
 * @param {Written} written
 * @param {Record<string, any>} [props]
 */
export const textField = (label, written, props) =>
  h(
    'label',
    { key: 'text', class: 'field' },
    h('span', null, label),
    h('textarea', {
      name: 'text',
      rows: 3,
      ref: (/** @type {HTMLTextAreaElement} */ el) => {
        el.value = draft(written.id, written.mode);
      },
      oninput: (/** @type {InputEvent} */ event) =>
        keepDraft(written.id, written.mode, /** @type {HTMLTextAreaElement} */ (event.target).value),
      ...props,
    }),
  );

/** @param {FormData} data */
export const textOf = (data) => String(data.get('text')).trim();
