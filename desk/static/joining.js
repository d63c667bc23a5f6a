// The same customer on another channel: who it may be, and making two records one.
import * as api from './api.js';
import { refreshDetail } from './data.js';
import { dialogHead, openDialog } from './dialogs.js';
import { h, render } from './dom.js';
import { toast, toastError } from './notices.js';
import { onDate } from './time.js';
import { channelWords, customerName } from './words.js';

const PAUSE_MS = 250;

/** @param {import('./types.js').Customer} customer */
export async function joinCustomer(customer) {
  const other = await openDialog('dialog joining', 'The same customer elsewhere', (dialog, done) =>
    choose(dialog, customer, done),
  );
  if (!other) return;
  try {
    await api.joinCustomers(customer.id, other.id);
    toast(`${customerName(customer)} is one customer now, with everything from both.`);
    await refreshDetail();
  } catch (error) {
    toastError(/** @type {api.ApiError} */ (error));
  }
}

/**
 * @param {HTMLDialogElement} dialog
 * @param {import('./types.js').Customer} customer
 * @param {(answer: import('./types.js').Alike|null) => void} done
 */
function choose(dialog, customer, done) {
  /** @type {import('./types.js').Alike[]|null} */
  let found = null;
  let problem = '';
  let asked = '';
  let timer = 0;

  const look = async (/** @type {string} */ query) => {
    asked = query;
    try {
      const { customers } = await api.alike(customer.id, query);
      if (query !== asked) return;
      found = customers;
      problem = '';
    } catch (error) {
      problem = /** @type {Error} */ (error).message;
    }
    draw();
  };
  const typed = (/** @type {InputEvent} */ event) => {
    const query = /** @type {HTMLInputElement} */ (event.target).value.trim();
    clearTimeout(timer);
    timer = setTimeout(() => look(query), PAUSE_MS);
  };
  const draw = () =>
    render(
      dialog,
      dialogHead('The same customer elsewhere', () => done(null)),
      h(
        'div',
        { key: 'body', class: 'dialog-body' },
        h(
          'label',
          { class: 'field', key: 'search' },
          h('span', null, 'E-mail, phone, full name or case number'),
          h('input', { type: 'search', oninput: typed, autofocus: true, autocomplete: 'off' }),
        ),
        h('p', { class: 'muted', role: 'status', key: 'status' }, problem || outcome(found, asked)),
        h(
          'ul',
          { class: 'alike', key: 'found' },
          (found ?? []).map((one) =>
            h(
              'li',
              { key: one.id },
              h(
                'span',
                null,
                h('b', null, nameOf(one)),
                h('span', { class: 'muted' }, about(one)),
              ),
              h(
                'button',
                {
                  type: 'button',
                  class: 'quiet small',
                  'aria-label': `${nameOf(one)} is the same person`,
                  onclick: () => done(one),
                },
                'Same person',
              ),
            ),
          ),
        ),
        h(
          'p',
          { class: 'muted', key: 'warning' },
          'Their conversations and cases become one history. This cannot be undone here.',
        ),
      ),
    );
  draw();
  look('');
}

/** @param {import('./types.js').Alike[]|null} found @param {string} asked */
function outcome(found, asked) {
  if (!found) return 'Looking …';
  if (found.length) return asked ? '' : 'These share an e-mail address or a phone number:';
  return asked ? 'Nobody found.' : 'Nobody shares their e-mail address or phone number.';
}

/** @param {import('./types.js').Alike} one */
const nameOf = (one) => one.name || one.email || one.phone || 'Nameless';

/** @param {import('./types.js').Alike} one */
const about = (one) =>
  [
    one.name ? one.email || one.phone : one.email && one.phone,
    one.channels.map(channelWords).join(', '),
    one.conversations === 1 ? '1 conversation' : `${one.conversations} conversations`,
    `since ${onDate(one.created_at)}`,
  ]
    .filter(Boolean)
    .join(' · ');
