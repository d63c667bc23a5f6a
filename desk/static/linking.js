// Slack for agents: a code with which they say there who they are.
import * as api from './api.js';
import { dialogHead, openDialog } from './dialogs.js';
import { h, render } from './dom.js';
import { toast } from './notices.js';
import { atClock } from './time.js';

const MINUTE_MS = 60_000;

const LINKED = {
  code: 'Slack knows you: what you write in the thread of a conversation that you own reaches the customer.',
  email: 'Slack knows you by your e-mail address. You need no code, unless you use another account there.',
  none: 'Slack does not know you yet. Get a code here, and write it there.',
};

export function linkSlack() {
  return openDialog('dialog', 'Link Slack', (dialog, done) => {
    /** @type {keyof typeof LINKED|null} */
    let linked = null;
    /** @type {{command: string, until: number}|null} */
    let code = null;
    let busy = false;
    let problem = '';

    /** @param {() => Promise<void>} action */
    const attempt = async (action) => {
      if (busy) return;
      busy = true;
      problem = '';
      draw();
      try {
        await action();
      } catch (error) {
        problem = /** @type {Error} */ (error).message;
      }
      busy = false;
      draw();
    };
    const look = async () => {
      linked = (await api.slackLink()).linked_by ?? 'none';
    };
    const getCode = async () => {
      const made = await api.newLinkCode();
      const lasts = made.minutes * MINUTE_MS;
      code = { command: `/warmline link ${made.code}`, until: Date.now() + lasts };
      setTimeout(draw, lasts);
    };
    const draw = () =>
      render(
        dialog,
        dialogHead('Link Slack', () => done(null)),
        h(
          'div',
          { key: 'body', class: 'dialog-body' },
          h(
            'div',
            { role: 'status', class: 'code' },
            code ? codeView(code) : h('p', null, linked ? LINKED[linked] : busy && 'One moment …'),
          ),
          problem ? h('p', { class: 'field-error', role: 'alert' }, problem) : null,
          h(
            'div',
            { class: 'dialog-buttons' },
            h(
              'button',
              {
                type: 'button',
                class: code ? 'quiet' : 'primary',
                autofocus: true,
                'aria-disabled': busy,
                onclick: () => attempt(getCode),
              },
              code ? 'Get another code' : 'Get a code',
            ),
          ),
        ),
      );
    attempt(look);
  });
}

/** @param {{command: string, until: number}} code */
function codeView({ command, until }) {
  if (Date.now() >= until) return h('p', null, 'This code has run out. Please get another one.');
  return [
    h('p', null, 'Write this in Slack, wherever you are:'),
    h(
      'p',
      { class: 'code-line' },
      h('code', null, command),
      // Browsers give the clipboard to secure pages only.
      navigator.clipboard
        ? h('button', { type: 'button', class: 'quiet small', onclick: () => copy(command) }, 'Copy')
        : null,
    ),
    h('p', { class: 'muted' }, `It works once, until ${atClock(until)}. Keep it to yourself.`),
  ];
}

/** @param {string} command */
async function copy(command) {
  try {
    await navigator.clipboard.writeText(command);
    toast('Copied.');
  } catch {
    toast('This browser does not let us copy. Please select the line and copy it by hand.', 'danger');
  }
}
