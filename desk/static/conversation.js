// The middle pane: who it is, what can be done, the transcript.
import * as api from './api.js';
import { refreshDetail, refreshList, show } from './data.js';
import { h, render } from './dom.js';
import { channelIcon, icon, moodChip } from './icons.js';
import { toast, toastError } from './notices.js';
import { askClose, askHandBack, askTransfer } from './parting.js';
import { waitingWords } from './queue.js';
import { changed, isMine, mayTake, state } from './store.js';
import { since } from './time.js';
import { resetTranscript, transcript } from './transcript.js';
import { channelWords, customerName, languageWords, reasonWords, stateWords } from './words.js';

/** @typedef {import('./types.js').Conversation} Conversation */
/** @typedef {import('./types.js').Detail} Detail */

let busy = false;

/** @param {Element} root */
export function drawConversation(root) {
  const { detail, detailError, route } = state;
  if (!route.id) {
    resetTranscript();
    render(root, welcome());
  } else if (detailError && !detail) {
    render(
      root,
      h(
        'div',
        { key: 'error', class: 'empty' },
        h('h2', { tabindex: -1 }, 'This conversation could not be opened'),
        h('p', { class: 'muted', role: 'alert' }, detailError),
        h(
          'p',
          { class: 'button-line' },
          h('button', { type: 'button', class: 'quiet', onclick: refreshDetail }, 'Try again'),
          h('a', { class: 'button quiet', href: '#/' }, 'Back to the queue'),
        ),
      ),
    );
  } else if (!detail) {
    render(
      root,
      h(
        'div',
        { key: 'loading', class: 'skeletons', 'aria-busy': 'true' },
        h('h2', { class: 'unseen', tabindex: -1 }, 'Loading the conversation'),
        [1, 2, 3, 4].map((key) => h('div', { key, class: `skeleton bubble-${key % 2 ? 'left' : 'right'}` })),
      ),
    );
  } else {
    render(root, head(detail.conversation), notices(detail.conversation), transcript(detail, { live: true }));
  }
}

const welcome = () =>
  h(
    'div',
    { key: 'welcome', class: 'empty welcome' },
    h('img', { src: '/desk/static/empty.svg', alt: '', width: 150, height: 105 }),
    h('h2', { tabindex: -1 }, state.me ? `Good to see you, ${state.me.name}` : 'Welcome'),
    h(
      'p',
      { class: 'muted' },
      `${waitingWords()} Choose a conversation on the left; its story comes with it.`,
    ),
  );

/** @param {Conversation} row */
function head(row) {
  const mine = isMine(row);
  const facts = [
    row.state === 'waiting' && row.waiting_since
      ? `Waiting for ${since(row.waiting_since)}`
      : stateWords(row, mine),
    h(
      'span',
      { class: 'channel', title: row.account ? `Account: ${row.account}` : null },
      channelIcon(row.channel),
      channelWords(row.channel),
    ),
    languageWords(row.language),
  ];
  return h(
    'header',
    { key: 'head', class: 'conversation-head' },
    h(
      'a',
      { class: 'back', href: '#/', title: 'Back to the queue' },
      icon('back'),
      h('span', { class: 'unseen' }, 'Back to the queue'),
    ),
    h(
      'div',
      { class: 'head-who' },
      h(
        'div',
        { class: 'head-name' },
        h('h2', { tabindex: -1 }, customerName(row.customer)),
        moodChip(row.mood, row.heat),
      ),
      h(
        'p',
        { class: 'head-facts' },
        h('span', { class: `state-word ${row.state}` }, facts[0]),
        facts[1],
        h('span', null, facts[2]),
      ),
    ),
    headActions(row, mine),
  );
}

/** @param {Conversation} row @param {boolean} mine */
function headActions(row, mine) {
  return h(
    'div',
    { class: 'head-actions' },
    canTake(row)
      ? h(
          'button',
          { type: 'button', key: 'take', class: 'primary', onclick: takeOver, disabled: busy },
          takeWords(row),
        )
      : null,
    mine
      ? h('button', { type: 'button', key: 'transfer', class: 'quiet', onclick: transfer }, 'Transfer')
      : null,
    mine
      ? h('button', { type: 'button', key: 'back', class: 'quiet', onclick: handBack }, 'Hand back')
      : null,
    mine
      ? h('button', { type: 'button', key: 'close', class: 'quiet', onclick: closeConversation }, 'Close')
      : null,
    h(
      'a',
      {
        key: 'details',
        class: 'button quiet to-details',
        href: `#/c/${encodeURIComponent(row.id)}/details`,
      },
      icon('panel'),
      'Story',
    ),
  );
}

/** @param {Conversation} row */
export const canTake = (row) => (row.state === 'waiting' || row.state === 'bot') && mayTake(row);

/** @param {Conversation} row */
export const takeWords = (row) => (row.state === 'bot' ? 'Take over from the bot' : 'Take over');

/**
 * What to know before anything else: how grave it is, in a word, and what it means.
 * @param {string} key @param {'warm' | 'danger'} tone @param {string} mark @param {string} title @param {string} text
 */
const warning = (key, tone, mark, title, text) =>
  h('div', { key, class: `banner ${tone}`, role: 'alert' }, icon(mark), h('p', null, h('b', null, `${title}. `), text));

/** @param {Conversation} row */
const unreachable = (row) =>
  row.unreachable &&
  warning(
    'unreachable',
    'warm',
    'cross',
    `Not reachable on ${channelWords(row.channel)}`,
    `${row.unreachable} They will not see what you write until they write to us again.`,
  );

/**
 * A threat while somebody has it: both the one who has it and the leads see what it is about.
 * @param {Conversation} row
 */
const alarm = (row) =>
  row.alarm &&
  warning(
    'alarm',
    'danger',
    'star',
    reasonWords(row),
    isMine(row)
      ? 'The leads see it too, first in their list. Stay calm and hear them out; you need not settle this alone.'
      : `${row.owner?.name ?? 'A colleague'} has this conversation. A lead should stand by.`,
  );

/** @param {Conversation} row */
const unverified = (row) =>
  row.unverified &&
  warning(
    'unverified',
    'warm',
    'shield',
    'Sender not verified',
    `Anybody may have written this as ${row.address ?? 'the customer'}. Make sure before you change or tell anything.`,
  );

/** @param {Conversation} row */
function notices(row) {
  return h(
    'div',
    { key: 'notices', class: 'notices' },
    alarm(row),
    unverified(row),
    unreachable(row),
    state.banner &&
      h(
        'div',
        { key: 'banner', class: 'banner danger', role: 'alert' },
        h('p', null, state.banner),
        h(
          'button',
          {
            type: 'button',
            class: 'plain',
            'aria-label': 'Dismiss',
            onclick: () => {
              state.banner = null;
              changed('conversation');
            },
          },
          '×',
        ),
      ),
    state.detailError &&
      h(
        'div',
        { key: 'stale', class: 'banner danger', role: 'alert' },
        h('p', null, `This may not be current. ${state.detailError}`),
        h('button', { type: 'button', class: 'quiet small', onclick: refreshDetail }, 'Try again'),
      ),
  );
}

export async function takeOver() {
  const row = state.detail?.conversation;
  if (!row || busy || !canTake(row)) return;
  busy = true;
  changed('conversation');
  try {
    show(await api.claim(row.id));
    state.banner = null;
    toast('It is yours now. The customer is told that you are here.');
    queueMicrotask(() => document.getElementById('draft')?.focus());
  } catch (error) {
    refused(row.id, /** @type {api.ApiError} */ (error));
  } finally {
    busy = false;
    changed('conversation');
  }
}

/**
 * Somebody else has it, or it is a lead's: the server's words, and the truth fetched.
 * @param {string} id
 * @param {api.ApiError} error
 */
export function refused(id, error) {
  if (error.status !== 409 && error.status !== 403) {
    toastError(error);
    return;
  }
  if (id === state.route.id) state.banner = error.message;
  else toastError(error);
  refreshDetail();
  refreshList('waiting');
  refreshList('agent');
}

export const handBack = () =>
  part(askHandBack, () => 'Handed back. The bot has told the customer and goes on.');

export const closeConversation = () =>
  part(askClose, () => 'Closed. A new message from the customer opens it again.');

export const transfer = () =>
  part(askTransfer, ({ owner }) =>
    owner ? `${owner.name} has it now, with your note.` : 'It waits for a lead now, with your note.',
  );

/**
 * @param {(detail: Detail) => Promise<Detail|null>} ask
 * @param {(row: Conversation) => string} words what has become of it
 */
async function part(ask, words) {
  const { detail } = state;
  if (!detail || !isMine(detail.conversation)) return;
  const answer = await ask(detail);
  if (!answer) return;
  show(answer);
  toast(words(answer.conversation));
  // The button that was pressed is gone.
  setTimeout(() => /** @type {HTMLElement|null} */ (document.querySelector('.head-who h2'))?.focus());
}
