// The left pane: conversations by who has them, the most urgent first; and what was promised.
import { classes, h, render } from './dom.js';
import { refreshTab } from './data.js';
import { channelIcon, icon, moodChip } from './icons.js';
import { isUnread } from './kept.js';
import { overdueOnes, promiseRow } from './promises.js';
import { changed, isMine, listOf, mayTake, rowsOf, state } from './store.js';
import { relative, since, timeTag } from './time.js';
import { channelWords, counted, customerName, reasonWords } from './words.js';

/** @typedef {import('./types.js').Row} Row */
/** @typedef {import('./store.js').Tab} Tab */

const URGENT_FROM = 80;
const PREVIEW_LENGTH = 140;

/** @type {{tab: Tab, name: string, full: string, empty: string, hint: string}[]} */
export const TABS = [
  {
    tab: 'waiting',
    name: 'Waiting',
    full: 'Waiting for a person',
    empty: 'Nobody is waiting',
    hint: 'A good moment for a cup of something warm. New handoffs appear here by themselves.',
  },
  {
    tab: 'mine',
    name: 'Mine',
    full: 'Mine',
    empty: 'Nothing on your hands',
    hint: 'Take someone from Waiting and they will be here until it is settled.',
  },
  {
    tab: 'agent',
    name: 'Agents',
    full: 'With agents',
    empty: 'No colleague is in a conversation',
    hint: 'Everyone is free just now.',
  },
  {
    tab: 'bot',
    name: 'Bot',
    full: 'With the bot',
    empty: 'The bot is having a quiet moment',
    hint: 'Conversations it answers show up here, and you can step in at any time.',
  },
  {
    tab: 'closed',
    name: 'Closed',
    full: 'Closed',
    empty: 'Nothing closed yet',
    hint: 'Settled conversations are kept here for looking up.',
  },
  {
    tab: 'promises',
    name: 'Promises',
    full: 'Promises not kept yet',
    empty: 'No promise is open',
    hint: 'What customers are promised stands here until it is marked as kept, the one due first on top.',
  },
];

/** @param {Element} root */
export function drawQueue(root) {
  const current = TABS.find(({ tab }) => tab === state.tab) ?? TABS[0];
  render(
    root,
    h('h2', { class: 'unseen' }, 'Queue'),
    h(
      'div',
      { class: 'tabs', role: 'tablist', 'aria-label': 'Views', onkeydown: onTabKey },
      TABS.map(tabButton),
    ),
    h(
      'div',
      { class: 'rows', id: 'rows', role: 'tabpanel', 'aria-labelledby': `tab-${current.tab}`, tabindex: -1 },
      panel(current),
    ),
  );
}

/** @param {{tab: Tab, name: string, full: string}} entry */
function tabButton({ tab, name, full }) {
  const selected = state.tab === tab;
  const count =
    (tab === 'waiting' || tab === 'mine') && state.lists[listOf(tab)].loaded ? rowsOf(tab).length : 0;
  const unread = tab === 'mine' && rowsOf('mine').some((row) => row.id !== state.route.id && isUnread(row));
  return h(
    'button',
    {
      key: tab,
      type: 'button',
      role: 'tab',
      id: `tab-${tab}`,
      'aria-selected': selected,
      'aria-controls': 'rows',
      tabindex: selected ? 0 : -1,
      title: full,
      class: classes('tab', selected && 'selected'),
      onclick: () => openTab(tab),
    },
    name,
    count ? h('span', { class: classes('count', tab === 'waiting' && 'warm') }, String(count)) : null,
    tab === 'promises' ? overdueBadge() : null,
    unread ? h('span', { class: 'dot tab-dot' }, h('span', { class: 'unseen' }, ', new messages')) : null,
  );
}

function overdueBadge() {
  const { length } = overdueOnes();
  if (!length) return null;
  const all = state.promises.more && length === state.promises.rows.length;
  return h(
    'span',
    { class: 'count late' },
    `${length}${all ? '+' : ''}`,
    h('span', { class: 'unseen' }, ' overdue'),
  );
}

/** @param {Tab} tab */
const shownIn = (tab) => (tab === 'promises' ? state.promises : state.lists[listOf(tab)]);

/** @param {Tab} tab */
export function openTab(tab) {
  state.tab = tab;
  changed('queue');
  const list = shownIn(tab);
  if (list.stale || !list.loaded) refreshTab(tab);
}

/** @param {KeyboardEvent} event */
function onTabKey(event) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const index = TABS.findIndex(({ tab }) => tab === state.tab);
  const next = TABS[(index + step + TABS.length) % TABS.length].tab;
  openTab(next);
  document.getElementById(`tab-${next}`)?.focus();
}

/** @param {{tab: Tab, empty: string, hint: string}} current */
function panel({ tab, empty, hint }) {
  const list = shownIn(tab);
  const rows = tab === 'promises' ? state.promises.rows.map(promiseRow) : rowsOf(tab).map(rowView);
  const failed =
    list.error &&
    h(
      'div',
      { class: 'inline-error', role: 'alert', key: 'error' },
      h('p', null, list.error),
      h('button', { type: 'button', class: 'quiet small', onclick: () => refreshTab(tab) }, 'Try again'),
    );
  if (!list.loaded) return failed || skeleton();
  if (!rows.length) {
    return [
      failed,
      h(
        'div',
        { class: 'empty', key: `empty-${tab}` },
        h('img', { src: '/desk/static/empty.svg', alt: '', width: 120, height: 84 }),
        h('p', { class: 'empty-title' }, empty),
        h('p', { class: 'muted' }, hint),
      ),
    ];
  }
  return [
    failed,
    h('ul', { class: 'row-list', key: tab, onkeydown: onRowKey }, rows),
    tab === 'promises' && state.promises.more
      ? h(
          'p',
          { class: 'muted small row-more', key: 'more' },
          `These are the ${rows.length} that are due first; more are open.`,
        )
      : null,
  ];
}

const skeleton = () =>
  h(
    'div',
    { class: 'skeletons', key: 'loading', 'aria-busy': 'true' },
    h('span', { class: 'unseen' }, 'Loading'),
    [1, 2, 3].map((key) => h('div', { class: 'skeleton', key })),
  );

/** @param {Row} row */
function rowView(row) {
  const open = row.id === state.route.id;
  const unread = !open && (row.state === 'waiting' || isMine(row)) && isUnread(row);
  const handedOver = Boolean(row.reason || row.reason_text);
  const urgent = row.alarm || (row.state === 'waiting' && row.urgency >= URGENT_FROM);
  return h(
    'li',
    { key: row.id },
    h(
      'a',
      {
        class: classes('row', row.state, open && 'open', unread && 'unread', urgent && 'urgent'),
        href: `#/c/${encodeURIComponent(row.id)}`,
        'aria-current': open ? 'true' : null,
      },
      h(
        'span',
        { class: 'row-top' },
        unread ? h('span', { class: 'dot' }, h('span', { class: 'unseen' }, 'Unread: ')) : null,
        h('b', { class: 'row-name' }, customerName(row.customer)),
        rowTime(row),
      ),
      handedOver
        ? h('span', { class: 'row-reason' }, reasonWords(row), ' ', moodChip(row.mood, row.heat))
        : null,
      row.preview
        ? h('span', { class: 'row-preview', dir: 'auto' }, row.preview.slice(0, PREVIEW_LENGTH))
        : null,
      h(
        'span',
        { class: 'row-chips' },
        urgent ? h('span', { class: 'chip hot' }, 'Urgent') : null,
        row.routed_to === 'lead'
          ? h(
              'span',
              {
                class: 'chip lead',
                title: mayTake(row) ? 'Routed to a lead' : 'Routed to a lead; a lead will take it',
              },
              icon('star'),
              'For a lead',
            )
          : null,
        handedOver ? null : moodChip(row.mood, row.heat),
        h('span', { class: 'chip bare' }, channelIcon(row.channel), channelWords(row.channel)),
        row.unverified ? h('span', { class: 'chip hot' }, 'Sender not verified') : null,
        row.unreachable ? h('span', { class: 'chip hot', title: row.unreachable }, 'Not reachable') : null,
        row.state === 'agent'
          ? h('span', { class: 'chip bare' }, isMine(row) ? 'You' : (row.owner?.name ?? ''))
          : null,
      ),
    ),
  );
}

/** @param {Row} row */
function rowTime(row) {
  if (row.state === 'waiting' && row.waiting_since) {
    return timeTag(row.waiting_since, since(row.waiting_since), 'waiting-time');
  }
  return row.last_at ? timeTag(row.last_at, relative(row.last_at)) : null;
}

/** @param {KeyboardEvent} event */
function onRowKey(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  moveInQueue(step);
}

/** Moves the focus along the rows, from the open one if none has it. @param {number} step */
export function moveInQueue(step) {
  const rows = /** @type {HTMLElement[]} */ ([...document.querySelectorAll('#rows .row')]);
  if (!rows.length) return;
  const at = rows.findIndex((row) => row === document.activeElement);
  const from = at >= 0 ? at : rows.findIndex((row) => row.classList.contains('open'));
  rows[Math.max(0, Math.min(rows.length - 1, from + step))].focus();
}

/** @returns {string} for the heading of an empty conversation pane */
export function waitingWords() {
  const waiting = rowsOf('waiting').filter((row) => !row.alarm);
  const count = waiting.filter(mayTake).length;
  const others = waiting.length - count;
  const forLeads = others ? ` ${counted(others, 'waits', 'wait')} for a lead.` : '';
  return count
    ? `${counted(count, 'customer is', 'customers are')} waiting for a person.${forLeads}`
    : `Nobody is waiting${others ? ' for you' : ''} just now.${forLeads}`;
}
