// Dialogs in which an agent gives a conversation away: back to the bot, on to somebody else, closed.
import * as api from './api.js';
import { lastSeq } from './data.js';
import { sendForm, textField, textOf } from './dialogs.js';
import { h } from './dom.js';
import { leads, state } from './store.js';
import { customerName, OUTCOMES } from './words.js';

/** @typedef {import('./types.js').Detail} Detail */
/** @typedef {import('./types.js').Colleague} Colleague */
/** @typedef {import('./dialogs.js').Written} Written */

const LEADS = 'leads';

/** @param {Detail} detail @returns {Promise<Detail|null>} null when it was left */
export function askHandBack(detail) {
  const { id, customer } = detail.conversation;
  const seen = lastSeq(detail);
  /** @type {Written} */
  const written = { id, mode: 'hand-back' };
  const placeholder = 'What was agreed, what is still open';
  return sendForm({
    title: 'Hand back to the bot',
    go: 'Hand back',
    written,
    fields: () => [
      h(
        'p',
        { key: 'what' },
        `The bot tells ${customerName(customer)} that it goes on from here, and can hand over again at any time.`,
      ),
      textField('Note for colleagues (optional)', written, { placeholder, autofocus: true }),
    ],
    send: (data) => api.handBack(id, { seen, note: textOf(data) }),
  });
}

/** @param {Detail} detail @returns {Promise<Detail|null>} null when it was left */
export function askClose(detail) {
  const { id, customer } = detail.conversation;
  const seen = lastSeq(detail);
  /** @type {Written} */
  const written = { id, mode: 'close' };
  return sendForm({
    title: 'Close the conversation',
    go: 'Close conversation',
    written,
    fields: () => [
      h(
        'fieldset',
        { key: 'outcomes', class: 'outcomes' },
        h('legend', null, `How did it end for ${customerName(customer)}?`),
        OUTCOMES.map(([value, name, meaning], index) =>
          h(
            'label',
            { key: value, class: 'outcome' },
            h('input', { type: 'radio', name: 'outcome', value, required: true, autofocus: index === 0 }),
            h('span', null, h('b', null, name), h('span', { class: 'muted' }, meaning)),
          ),
        ),
      ),
      textField('Note for colleagues (optional)', written),
    ],
    send: (data) => api.close(id, { seen, outcome: String(data.get('outcome')), note: textOf(data) }),
  });
}

/** @param {Detail} detail @returns {Promise<Detail|null>} null when it was left */
export function askTransfer({ conversation }) {
  const { id, routed_to } = conversation;
  const customer = customerName(conversation.customer);
  /** @type {Written} */
  const written = { id, mode: 'transfer' };
  /** @type {Colleague[]|null} */
  let found = null;
  let problem = '';
  let to = '';
  let redraw = () => {};
  /** @type {HTMLElement|null} */
  let whom = null;

  const look = async () => {
    try {
      const { agents } = await api.colleagues();
      found = agents.filter((one) => one.id !== state.me?.id && (routed_to !== 'lead' || leads(one)));
      problem = '';
    } catch (error) {
      problem = /** @type {Error} */ (error).message;
    }
    redraw();
  };
  const again = () => {
    whom?.focus(); // the button goes
    look();
  };
  const choose = (/** @type {Event} */ event) => {
    to = /** @type {HTMLSelectElement} */ (event.target).value;
    redraw();
  };
  const answer = sendForm({
    title: 'Transfer the conversation',
    go: 'Transfer',
    written,
    fields: (draw) => {
      redraw = draw;
      return [
        h(
          'label',
          { key: 'to', class: 'field' },
          h('span', null, 'To whom?'),
          h(
            'select',
            {
              required: true,
              autofocus: true,
              onchange: choose,
              ref: (/** @type {HTMLElement} */ el) => {
                whom = el;
              },
            },
            h('option', { key: 'none', value: '' }, 'Choose …'),
            h('option', { key: LEADS, value: LEADS }, 'Any lead'),
            group('Here now', found, true),
            group('Not here just now', found, false),
          ),
        ),
        h(
          'p',
          { key: 'outlook', class: 'muted', role: 'status' },
          problem || outlook(to, found, customer),
          problem && h('button', { type: 'button', class: 'link', onclick: again }, 'Look again'),
        ),
        textField('What they should know', written, {
          required: true,
          placeholder: 'What is open, and what comes next',
        }),
      ];
    },
    send: (data) => api.transfer(id, to === LEADS ? LEADS : Number(to), textOf(data)),
  });
  look();
  return answer;
}

/** @param {string} label @param {Colleague[]|null} found @param {boolean} here */
function group(label, found, here) {
  const fitting = (found ?? []).filter((one) => one.here === here);
  if (!fitting.length) return null;
  return h(
    'optgroup',
    { key: label, label },
    fitting.map((one) =>
      h('option', { key: one.id, value: one.id }, leads(one) ? `${one.name} (lead)` : one.name),
    ),
  );
}

/** What will happen, in words. @param {string} to @param {Colleague[]|null} found @param {string} customer */
function outlook(to, found, customer) {
  if (!found) return 'Looking who is here …';
  if (to === LEADS) {
    return found.some((one) => one.here && leads(one))
      ? 'It waits for the first lead who takes it.'
      : 'Nobody who leads is here just now. It waits until one is.';
  }
  const one = found.find(({ id }) => String(id) === to);
  if (!one) return `${customer} is told who takes over.`;
  return one.here
    ? `${one.name} is here and has it at once. ${customer} is told.`
    : `${one.name} is not here just now. It is theirs from now on all the same, and ${customer} is told.`;
}
