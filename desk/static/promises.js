// What the customer was promised, and by when (P18, P19).
import * as api from './api.js';
import { refreshDetail } from './data.js';
import { sendForm, textField, textOf } from './dialogs.js';
import { classes, h } from './dom.js';
import { icon } from './icons.js';
import { toast, toastError } from './notices.js';
import { changed, isMine, leads, state } from './store.js';
import { dayIn, distance, moment, timeTag } from './time.js';
import { customerName } from './words.js';

/** @typedef {import('./types.js').Promised} Promised */
/** @typedef {import('./types.js').OpenPromise} OpenPromise */

const NOON = '12:00';
const ROW_LENGTH = 200;

/** Those being marked as kept. @type {Set<number>} */
const keeping = new Set();

/** Whether something is late that was promised here. @param {import('./types.js').Detail} detail */
export const isLate = ({ promises }) => promises.some(({ kept, due_at }) => !kept && isPast(due_at));

/** @param {import('./types.js').Detail} detail */
export function promisesSection({ conversation, promises }) {
  const mine = isMine(conversation);
  if (!mine && !promises.length) return null;
  const openFirst = [...promises].sort((one, other) => Number(one.kept) - Number(other.kept));
  return h(
    'section',
    { key: 'promises', class: 'card promises', 'aria-label': 'Promises' },
    h(
      'div',
      { class: 'section-head' },
      h('h3', { tabindex: -1 }, 'Promises'),
      mine ? h('button', { type: 'button', class: 'link', onclick: addPromise }, 'Add promise') : null,
    ),
    promises.length
      ? h(
          'ul',
          { class: 'cases' },
          openFirst.map((promise) => promiseView(promise, mine)),
        )
      : h('p', { class: 'muted' }, 'Nothing is promised yet.'),
  );
}

/** @param {Promised} promise @param {boolean} mine whether the conversation is */
function promiseView(promise, mine) {
  const { id, text, case_number, agent_id, due_at, kept } = promise;
  const overdue = !kept && isPast(due_at);
  const mayKeep = !kept && (mine || agent_id === null || agent_id === state.me?.id || leads(state.me));
  const due = `${overdue || kept ? 'Was due' : 'Due'} ${moment(due_at, state.timeZone)}${kept ? '' : `, ${distance(due_at)}`}`;
  return h(
    'li',
    { key: id, class: classes('promise', kept && 'kept') },
    h('p', { dir: 'auto' }, text),
    h(
      'p',
      { class: 'muted small' },
      kept ? h('span', { class: 'chip ok' }, icon('check'), 'Kept') : null,
      overdue ? overdueChip() : null,
      h('span', null, timeTag(due_at, due), ` · by ${promiser(promise)}`, case_number && ` · ${case_number}`),
    ),
    mayKeep
      ? h(
          'button',
          {
            type: 'button',
            class: 'quiet small',
            'aria-label': `Mark as kept: ${text}`,
            'aria-disabled': keeping.has(id),
            onclick: () => keep(id),
          },
          'Mark as kept',
        )
      : null,
  );
}

/** Those of the list whose time has passed. */
export const overdueOnes = () => state.promises.rows.filter(({ due_at }) => isPast(due_at));

/** One of the list of those that are not kept yet; it leads to its conversation. @param {OpenPromise} promise */
export function promiseRow(promise) {
  const { id, text, conversation, customer, case_number, order_number, due_at } = promise;
  const overdue = isPast(due_at);
  const open = conversation === state.route.id;
  return h(
    'li',
    { key: id },
    h(
      'a',
      {
        class: classes('row', open && 'open', overdue && 'urgent'),
        href: `#/c/${encodeURIComponent(conversation)}`,
        'aria-current': open ? 'true' : null,
      },
      h(
        'span',
        { class: 'row-top' },
        h('b', { class: 'row-name' }, customerName(customer)),
        timeTag(due_at, distance(due_at), classes('time', overdue && 'late-time')),
      ),
      h('span', { class: 'row-promise', dir: 'auto' }, text.slice(0, ROW_LENGTH)),
      h(
        'span',
        { class: 'row-facts' },
        overdue ? overdueChip() : null,
        [
          `${overdue ? 'Was due' : 'Due'} ${moment(due_at, state.timeZone)}`,
          `by ${promiser(promise)}`,
          case_number,
          order_number && `order ${order_number}`,
        ].map((fact) => (fact ? h('span', null, fact) : null)),
      ),
    ),
  );
}

/** @param {string} due_at */
const isPast = (due_at) => Date.parse(due_at) < Date.now();

const overdueChip = () => h('span', { class: 'chip hot' }, icon('clock'), 'Overdue');

/** @param {{by: string, agent_id: number|null}} promise @returns {string} */
function promiser({ by, agent_id }) {
  if (agent_id === null) return 'the bot';
  return agent_id === state.me?.id ? 'you' : by;
}

/** @param {number} id */
async function keep(id) {
  const conversation = state.detail?.conversation.id;
  if (!conversation || keeping.has(id)) return;
  keeping.add(id);
  changed('conversation');
  try {
    await api.keepPromise(conversation, id);
    await refreshDetail();
    toast('Marked as kept.');
    // The button that was pressed is gone.
    setTimeout(() => /** @type {HTMLElement|null} */ (document.querySelector('.promises h3'))?.focus());
  } catch (error) {
    toastError(error);
  } finally {
    keeping.delete(id);
    changed('conversation');
  }
}

export async function addPromise() {
  const row = state.detail?.conversation;
  if (!row || !isMine(row)) return;
  const zone = state.timeZone;
  const [today, tomorrow] = [dayIn(zone), dayIn(zone, 1)];
  /** @type {import('./dialogs.js').Written} */
  const written = { id: row.id, mode: 'promise' };
  const added = await sendForm({
    title: 'Add a promise',
    go: 'Add promise',
    written,
    fields: () => [
      textField('What did you promise?', written, {
        required: true,
        autofocus: true,
        placeholder: 'Call back with a date for the repair',
      }),
      h(
        'div',
        { key: 'due', class: 'due' },
        field('By which day?', { type: 'date', name: 'day', min: today, value: tomorrow }),
        field('By what time?', { type: 'time', name: 'time', value: NOON }),
      ),
      h(
        'p',
        { key: 'zone', class: 'muted' },
        `The time is that of ${zone.replaceAll('_', ' ')}. The customer is not told by this.`,
      ),
    ],
    send: (data) => api.promise(row.id, textOf(data), `${data.get('day')}T${data.get('time')}`),
  });
  if (!added) return;
  toast('Put down. It stands in the story.');
  await refreshDetail();
}

/** @param {string} label @param {Record<string, any>} props */
const field = (label, props) =>
  h('label', { class: 'field' }, h('span', null, label), h('input', { required: true, ...props }));
