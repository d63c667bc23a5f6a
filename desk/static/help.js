// The help dialog: keyboard shortcuts and whether single keys are on.
import { dialogHead, openDialog } from './dialogs.js';
import { h, render } from './dom.js';
import { prefer, preference } from './kept.js';

/** @type {[string[], string][]} */
const SHORTCUTS = [
  [['j', 'k'], 'Down and up in the queue; Enter opens'],
  [['1–6'], 'Waiting, Mine, Agents, Bot, Closed, Promises'],
  [['t'], 'Take over'],
  [['r'], 'Write a reply'],
  [['n'], 'Write an internal note'],
  [['c'], 'Canned replies'],
  [['a'], 'Search articles'],
  [['f'], 'Attach files; they can also be dropped or pasted'],
  [['p'], 'Add a promise'],
  [['x'], 'Transfer to a colleague or a lead'],
  [['b'], 'Hand back to the bot'],
  [['e'], 'Close (end) the conversation'],
  [['s'], 'To the story: summary and customer'],
  [['Ctrl', 'Enter'], 'Send a dialog from its text field'],
  [['Esc'], 'Leave the text field or a dialog'],
  [['?'], 'This help'],
];

/** Some people speak to their computer or have tremors: single keys can be turned off. */
export const singleKeysOn = () => preference('keys') !== false;

export function showHelp() {
  return openDialog('dialog wide', 'Keyboard shortcuts', (dialog, done) => {
    render(
      dialog,
      dialogHead('Keyboard shortcuts', () => done(null)),
      h(
        'dl',
        { class: 'shortcuts' },
        SHORTCUTS.map(([keys, meaning]) =>
          h(
            'div',
            { key: meaning },
            h(
              'dt',
              null,
              keys.map((name, index) => h('kbd', { key: index }, name)),
            ),
            h('dd', null, meaning),
          ),
        ),
      ),
      h(
        'label',
        { class: 'check' },
        h('input', {
          type: 'checkbox',
          checked: singleKeysOn(),
          onchange: (/** @type {Event} */ event) =>
            prefer('keys', /** @type {HTMLInputElement} */ (event.target).checked),
        }),
        h('span', null, 'Use single-key shortcuts'),
      ),
    );
  });
}
