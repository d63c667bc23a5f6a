// Dialogs: the platform's own, which keep the focus inside and give it back.
import { h, render } from './dom.js';
import { OUTCOMES } from './words.js';

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

/** @param {string} customer @returns {Promise<string|null>} the note, maybe empty */
export function askHandBack(customer) {
  return openDialog('dialog', 'Hand back to the bot', (dialog, done) => {
    const submit = (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      done(String(new FormData(/** @type {HTMLFormElement} */ (event.target)).get('note')).trim());
    };
    render(
      dialog,
      dialogHead('Hand back to the bot', () => done(null)),
      h(
        'form',
        { onsubmit: submit },
        h(
          'p',
          null,
          `The bot tells ${customer} that it goes on from here, and can hand over again at any time.`,
        ),
        noteField('Note for colleagues (optional)', 'What was agreed, what is still open', true),
        buttons('Hand back', () => done(null)),
      ),
    );
  });
}

/** @param {string} customer @returns {Promise<{outcome: string, note?: string}|null>} */
export function askClose(customer) {
  return openDialog('dialog', 'Close the conversation', (dialog, done) => {
    const submit = (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      const data = new FormData(/** @type {HTMLFormElement} */ (event.target));
      const note = String(data.get('note')).trim();
      done({ outcome: String(data.get('outcome')), ...(note && { note }) });
    };
    render(
      dialog,
      dialogHead('Close the conversation', () => done(null)),
      h(
        'form',
        { onsubmit: submit },
        h(
          'fieldset',
          { class: 'outcomes' },
          h('legend', null, `How did it end for ${customer}?`),
          OUTCOMES.map(([value, name, meaning], index) =>
            h(
              'label',
              { key: value, class: 'outcome' },
              h('input', { type: 'radio', name: 'outcome', value, required: true, autofocus: index === 0 }),
              h('span', null, h('b', null, name), h('span', { class: 'muted' }, meaning)),
            ),
          ),
        ),
        noteField('Note for colleagues (optional)', '', false),
        buttons('Close conversation', () => done(null)),
      ),
    );
  });
}

/** @param {string} label @param {string} placeholder @param {boolean} autofocus */
const noteField = (label, placeholder, autofocus) =>
  h(
    'label',
    { class: 'field' },
    h('span', null, label),
    h('textarea', { name: 'note', rows: 3, placeholder, autofocus }),
  );

/** @param {string} go @param {() => void} cancel */
const buttons = (go, cancel) =>
  h(
    'div',
    { class: 'dialog-buttons' },
    h('button', { type: 'button', class: 'quiet', onclick: cancel }, 'Cancel'),
    h('button', { class: 'primary' }, go),
  );
