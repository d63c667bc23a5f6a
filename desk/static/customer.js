// The customer: how to reach them, what is known, complaints, earlier conversations.
import * as api from './api.js';
import { withBreaks } from './breaks.js';
import { refreshDetail } from './data.js';
import { dialogHead, openDialog } from './dialogs.js';
import { h, render } from './dom.js';
import { icon } from './icons.js';
import { joinCustomer } from './joining.js';
import { toastError } from './notices.js';
import { changed } from './store.js';
import { onDate, timeTag } from './time.js';
import { transcript } from './transcript.js';
import { capital, channelWords, customerName, languageWords, outcomeWords, plain } from './words.js';

/** @typedef {import('./types.js').Customer} Customer */
/** @typedef {'name'|'email'|'phone'} Contact */

/** @type {[Contact, string, string, string][]} field, label, input type, autocomplete off */
const CONTACTS = [
  ['name', 'Name', 'text', 'off'],
  ['email', 'E-mail', 'email', 'off'],
  ['phone', 'Phone', 'tel', 'off'],
];

/** @type {{id: string|number|null, busy: boolean, error: string}} */
const editing = { id: null, busy: false, error: '' };

/** @param {import('./types.js').Detail} detail */
export function customerSection({ customer, conversation }) {
  const open = editing.id === customer.id;
  return h(
    'section',
    { key: 'customer', class: 'card customer', 'aria-label': 'Customer' },
    h(
      'div',
      { class: 'section-head' },
      h('h3', null, 'Customer'),
      open
        ? null
        : h(
            'span',
            { class: 'button-line' },
            h('button', { type: 'button', class: 'link', onclick: () => edit(customer.id) }, 'Edit'),
            h('button', { type: 'button', class: 'link', onclick: () => joinCustomer(customer) }, 'Same person?'),
          ),
    ),
    customer.flags.length
      ? h(
          'ul',
          { class: 'flags' },
          customer.flags.map((flag) => h('li', { key: flag, class: 'chip hot' }, icon('flag'), plain(flag))),
        )
      : null,
    open ? contactForm(customer) : contactList(customer),
    complaints(customer),
    history(customer, conversation.id, conversation.episode),
  );
}

/** @param {Customer} customer */
function contactList(customer) {
  const value = (/** @type {string|null} */ text, /** @type {string} */ scheme) =>
    text
      ? scheme
        ? h('a', { href: scheme + text }, withBreaks(text))
        : text
      : h('span', { class: 'muted' }, 'not stated');
  return h(
    'dl',
    { class: 'facts', key: 'facts' },
    h('dt', null, 'Name'),
    h('dd', null, value(customer.name, '')),
    h('dt', null, 'E-mail'),
    h('dd', null, value(customer.email, 'mailto:')),
    h('dt', null, 'Phone'),
    h('dd', null, value(customer.phone, 'tel:')),
    h('dt', null, 'Language'),
    h('dd', null, languageWords(customer.language)),
    h('dt', null, 'Since'),
    h('dd', null, customer.since ? onDate(customer.since) : h('span', { class: 'muted' }, 'not stated')),
  );
}

/** @param {string|number|null} id */
function edit(id) {
  Object.assign(editing, { id, busy: false, error: '' });
  changed('conversation');
  setTimeout(() =>
    /** @type {HTMLElement|null} */ (
      document.querySelector(id === null ? '.customer .link' : '.contact-form input')
    )?.focus(),
  );
}

/** @param {Customer} customer */
const contactForm = (customer) =>
  h(
    'form',
    {
      class: 'contact-form',
      key: 'form',
      novalidate: true,
      onsubmit: (/** @type {SubmitEvent} */ event) => saveContact(event, customer),
      onkeydown: (/** @type {KeyboardEvent} */ event) => {
        if (event.key === 'Escape') edit(null);
      },
    },
    CONTACTS.map(([name, label, type, autocomplete]) =>
      h(
        'label',
        { class: 'field', key: name },
        h('span', null, label),
        h('input', {
          name,
          type,
          autocomplete,
          ref: (/** @type {HTMLInputElement} */ el) => {
            el.value = customer[name] ?? '';
          },
        }),
      ),
    ),
    editing.error ? h('p', { class: 'field-error', role: 'alert' }, editing.error) : null,
    h(
      'span',
      { class: 'button-line' },
      h('button', { class: 'primary small', disabled: editing.busy }, 'Save'),
      h('button', { type: 'button', class: 'quiet small', onclick: () => edit(null) }, 'Cancel'),
    ),
  );

/** @param {SubmitEvent} event @param {Customer} customer */
async function saveContact(event, customer) {
  event.preventDefault();
  const data = new FormData(/** @type {HTMLFormElement} */ (event.target));
  // An empty text clears a field; one that is left out stays.
  /** @type {Partial<Record<Contact, string>>} */
  const fields = {};
  for (const [name] of CONTACTS) {
    const value = String(data.get(name)).trim();
    if (value !== (customer[name] ?? '')) fields[name] = value;
  }
  if (!Object.keys(fields).length) {
    edit(null);
    return;
  }
  Object.assign(editing, { busy: true, error: '' });
  changed('conversation');
  try {
    await api.editCustomer(customer.id, fields);
    await refreshDetail();
    edit(null);
  } catch (error) {
    Object.assign(editing, { busy: false, error: /** @type {Error} */ (error).message });
    changed('conversation');
  }
}

/** @param {Customer} customer */
function complaints(customer) {
  if (!customer.complaints.length) return null;
  return h(
    'div',
    { key: 'complaints', class: 'sub' },
    h('h4', null, 'Complaints'),
    h(
      'ul',
      { class: 'cases' },
      customer.complaints.map((complaint) =>
        h(
          'li',
          { key: complaint.case_number },
          h(
            'p',
            { class: 'case-head' },
            h('b', null, complaint.case_number),
            h('span', { class: 'chip bare' }, plain(complaint.status)),
          ),
          h(
            'p',
            null,
            [complaint.cause && capital(plain(complaint.cause)), complaint.product, complaint.order_number]
              .filter(Boolean)
              .join(' · '),
          ),
          h('p', { class: 'muted small' }, remedyWords(complaint), timeTag(complaint.at)),
        ),
      ),
    ),
  );
}

/** @param {import('./types.js').Complaint} complaint @returns {string} */
function remedyWords({ wanted_remedy, chosen_remedy }) {
  if (chosen_remedy) return `Agreed: ${plain(chosen_remedy)} · `;
  return wanted_remedy ? `Wants: ${plain(wanted_remedy)} · ` : '';
}

/** @param {Customer} customer @param {string} openId @param {number} episode */
function history(customer, openId, episode) {
  const earlier = customer.history.filter((item) => item.conversation !== openId || item.episode !== episode);
  return h(
    'div',
    { key: 'history', class: 'sub' },
    h('h4', null, 'Earlier conversations'),
    earlier.length
      ? h(
          'ul',
          { class: 'cases' },
          earlier.map((item) =>
            h(
              'li',
              { key: `${item.conversation}-${item.episode}` },
              h(
                'button',
                { type: 'button', class: 'history-item', onclick: () => showEarlier(item) },
                h('span', null, capital(item.reason_text || 'a conversation with the bot')),
                h(
                  'span',
                  { class: 'muted small' },
                  [
                    onDate(item.at),
                    item.outcome ? outcomeWords(item.outcome) : plain(item.state),
                    item.case_number,
                  ]
                    .filter(Boolean)
                    .join(' · '),
                ),
              ),
            ),
          ),
        )
      : h('p', { class: 'muted' }, 'This is the first one.'),
  );
}

/** Read-only, beside the open conversation. @param {import('./types.js').Episode} item */
async function showEarlier(item) {
  try {
    const detail = await api.conversation(item.conversation);
    await openDialog('dialog wide tall', 'Earlier conversation', (dialog, done) => {
      render(
        dialog,
        dialogHead(`${customerName(detail.customer)}, ${onDate(item.at)}`, () => done(null)),
        h(
          'p',
          { class: 'muted small' },
          [
            channelWords(detail.conversation.channel),
            item.reason_text,
            item.outcome && outcomeWords(item.outcome),
          ]
            .filter(Boolean)
            .join(' · '),
        ),
        transcript(detail, { live: false }),
      );
      dialog.querySelector(`time[datetime="${CSS.escape(item.at)}"]`)?.scrollIntoView();
    });
  } catch (error) {
    toastError(error);
  }
}
