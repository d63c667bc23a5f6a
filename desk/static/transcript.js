// The messages of a conversation, oldest first, and where the reader stands in them.
import { authorWords } from './data.js';
import { deliveryMark, markLooks } from './delivery.js';
import { classes, h } from './dom.js';
import { fileList, sentFiles } from './files.js';
import { icon, moodChip } from './icons.js';
import { pendingOf, retry, takeBack } from './outbox.js';
import { changed, state } from './store.js';
import { day, relative, timeTag } from './time.js';

/** @typedef {import('./types.js').Message} Message */
/** @typedef {import('./types.js').Detail} Detail */
/** @typedef {import('./types.js').Pending} Pending */

const AT_END_PX = 60;
const SAME_BREATH_MS = 5 * 60_000;
const LINK = /(https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)])/g;

/** What the reader has seen of the open conversation. */
const reader = { id: '', atEnd: true, lastSeq: 0, news: 0, room: 0 };
/** @type {HTMLElement|null} */
let scroller = null;
/**
 * What was drawn for a message, as long as it looks the same.
 * @type {WeakMap<Message, {looks: string, node: import('./dom.js').VNode}>}
 */
const drawn = new WeakMap();

export function resetTranscript() {
  Object.assign(reader, { id: '', atEnd: true, lastSeq: 0, news: 0 });
}

/**
 * @param {Detail} detail
 * @param {{live: boolean}} options whether it is the open one, which can grow
 */
export function transcript(detail, { live }) {
  const pending = live ? pendingOf(detail) : [];
  if (live) follow(detail, pending);
  return h(
    'div',
    { key: `transcript-${detail.conversation.id}`, class: 'transcript-frame' },
    h(
      'div',
      {
        class: 'transcript',
        role: 'region',
        'aria-label': 'Messages',
        tabindex: 0,
        ref: live ? bindScroller : undefined,
      },
      detail.messages.length || pending.length ? null : h('p', { class: 'muted centre' }, 'No messages yet.'),
      h('ol', { class: 'messages' }, messageItems(detail), pending.map(pendingItem)),
      live && state.typing
        ? h(
            'p',
            { class: 'typing' },
            h(
              'span',
              { class: 'typing-dots', 'aria-hidden': 'true' },
              h('i', null),
              h('i', null),
              h('i', null),
            ),
            state.typing.author === 'bot' ? 'The bot is writing' : 'The customer is typing',
          )
        : null,
    ),
    live && reader.news
      ? h(
          'button',
          { key: 'jump', type: 'button', class: 'jump', onclick: jumpToEnd },
          icon('downArrow'),
          reader.news === 1 ? '1 new message' : `${reader.news} new messages`,
        )
      : null,
  );
}

/** @param {HTMLElement} element */
function bindScroller(element) {
  scroller = element;
  element.onscroll = () => {
    // The room changed, the reader did not move: the observer below sees to it.
    if (element.clientHeight !== reader.room) return;
    const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < AT_END_PX;
    if (atEnd === reader.atEnd) return;
    reader.atEnd = atEnd;
    if (atEnd && reader.news) {
      reader.news = 0;
      changed('conversation');
    }
  };
  new ResizeObserver(() => {
    reader.room = element.clientHeight;
    if (reader.atEnd) toEnd();
  }).observe(element);
}

/**
 * Stays at the end if the reader is there; otherwise counts what came.
 * @param {Detail} detail
 * @param {Pending[]} pending
 */
function follow(detail, pending) {
  const last = detail.messages.at(-1)?.seq ?? 0;
  if (reader.id !== detail.conversation.id)
    Object.assign(reader, { id: detail.conversation.id, atEnd: true, lastSeq: last, news: 0 });
  const fresh = detail.messages.filter((message) => message.seq > reader.lastSeq);
  reader.lastSeq = last;
  const own = pending.length > 0 || fresh.some((message) => message.agent?.id === state.me?.id);
  if (own) reader.atEnd = true;
  if (!reader.atEnd)
    reader.news += fresh.filter(({ author }) => author === 'customer' || author === 'agent').length;
  if (reader.atEnd) requestAnimationFrame(toEnd);
}

function toEnd() {
  if (scroller) scroller.scrollTop = scroller.scrollHeight;
}

function jumpToEnd() {
  reader.atEnd = true;
  reader.news = 0;
  toEnd();
  scroller?.focus();
  changed('conversation');
}

/** Scrolls a message into view and marks it for a moment. @param {number} seq */
export function revealMessage(seq) {
  const element = scroller?.querySelector(`[data-seq="${Number(seq)}"]`);
  if (!element) return;
  reader.atEnd = false;
  const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
  element.scrollIntoView({ block: 'center', behavior: calm ? 'auto' : 'smooth' });
}

/** @param {Detail} detail */
function messageItems(detail) {
  /** @type {Message|null} */
  let before = null;
  let upset = false;
  const newer = newerVersions(detail.messages);
  return detail.messages.flatMap((message) => {
    const newDay = !before || day(before.at) !== day(message.at);
    const continues = !newDay && before !== null && sameVoice(before, message);
    const later = newer.get(message.seq) ?? null;
    const item = unchanged(message, continues, later, () =>
      messageItem(message, detail, continues, shownMood(message, upset), later),
    );
    if (message.mood) upset = message.mood.kind !== 'calm';
    before = message;
    return newDay
      ? [h('li', { key: `day-${message.seq}`, class: 'day' }, h('span', null, day(message.at))), item]
      : [item];
  });
}

/**
 * Which message is the latest version of an edited one.
 * @param {Message[]} messages
 * @returns {Map<number, number>}
 */
function newerVersions(messages) {
  /** @type {Map<number, number>} */
  const newest = new Map();
  for (const { seq, edits } of messages) if (edits !== null) newest.set(edits, seq);
  for (const { seq, edits } of messages) {
    const latest = edits === null ? undefined : newest.get(edits);
    if (latest !== undefined && latest !== seq) newest.set(seq, latest);
  }
  return newest;
}

/**
 * A long transcript redraws only what changed.
 * @param {Message} message
 * @param {boolean} continues
 * @param {number|null} later
 * @param {() => import('./dom.js').VNode} draw
 */
function unchanged(message, continues, later, draw) {
  const looks = `${continues} ${later} ${state.highlighted.has(message.seq)} ${relative(message.at)} ${markLooks(message)}`;
  const before = drawn.get(message);
  if (before?.looks === looks) return before.node;
  const node = draw();
  drawn.set(message, { looks, node });
  return node;
}

/** @param {Message} a @param {Message} b */
const sameVoice = (a, b) =>
  a.author === b.author &&
  a.agent?.id === b.agent?.id &&
  Date.parse(b.at) - Date.parse(a.at) < SAME_BREATH_MS;

/**
 * Calm is worth a word only when it comes back after something else.
 * @param {Message} message
 * @param {boolean} upset whether the customer was, until now
 */
const shownMood = ({ author, mood }, upset) =>
  author === 'customer' && mood && (upset || mood.kind !== 'calm') ? mood : null;

/**
 * @param {Message} message
 * @param {Detail} detail
 * @param {boolean} continues
 * @param {import('./types.js').Mood|null} mood
 * @param {number|null} later the message that is its latest version
 */
function messageItem(message, detail, continues, mood, later) {
  const { seq, author, text, at, deleted, files } = message;
  const gone = deleted || later !== null;
  const lit = state.highlighted.has(seq);
  if (author === 'system') {
    return h(
      'li',
      { key: seq, 'data-seq': seq, class: classes('system-line', lit && 'lit') },
      text,
      ' · ',
      timeTag(at),
    );
  }
  const own = author === 'agent' && message.agent?.id === state.me?.id;
  return h(
    'li',
    {
      key: seq,
      'data-seq': seq,
      class: classes(
        'message',
        author,
        own && 'own',
        continues && 'continues',
        lit && 'lit',
        gone && 'gone',
        ['failed', 'dropped'].includes(message.delivery?.status ?? '') && 'undelivered',
      ),
    },
    h(
      'p',
      { class: continues ? 'unseen' : 'author' },
      author === 'note' ? icon('note') : null,
      authorWords(message, detail),
      author === 'note' ? h('span', { class: 'muted' }, ' · the customer does not see this') : null,
    ),
    text || !files.length
      ? h(
          'div',
          { class: 'bubble' },
          h(
            'p',
            { class: 'text', dir: 'auto' },
            gone ? h('del', null, text) : author === 'customer' ? text : linked(text),
          ),
        )
      : null,
    fileList(files, author === 'customer'),
    message.buttons?.length
      ? h(
          'p',
          { class: 'offered' },
          h('span', { class: 'unseen' }, 'Offered: '),
          message.buttons.map(({ title }, index) => h('span', { key: index, class: 'offer' }, title)),
        )
      : null,
    h(
      'p',
      { class: 'under' },
      moodChip(mood),
      timeTag(at),
      changeMark(message, later),
      deliveryMark(message),
    ),
  );
}

/**
 * What the customer did to their message afterwards, with the way to its other version.
 * @param {Message} message
 * @param {number|null} later
 */
function changeMark({ deleted, edits }, later) {
  if (deleted) return h('span', { key: 'deleted', class: 'mark' }, icon('cross'), 'Deleted by the customer');
  const other = later ?? edits;
  if (other === null) return null;
  return h(
    'span',
    { key: 'edited', class: 'mark' },
    icon('pencil'),
    later === null ? 'Edited' : 'Edited by the customer',
    h(
      'button',
      { type: 'button', class: 'link', onclick: () => revealMessage(other) },
      later === null ? 'What it said before' : 'What it says now',
    ),
  );
}

/**
 * Addresses written by us become links; a customer's stay text, so that nobody is lured.
 * @param {string} text
 */
function linked(text) {
  return text
    .split(LINK)
    .map((part, index) =>
      index % 2
        ? h('a', { key: `link-${index}`, href: part, target: '_blank', rel: 'noopener noreferrer' }, part)
        : h('span', { key: `text-${index}` }, part),
    );
}

/** @param {Pending} item */
function pendingItem(item) {
  const failed = item.status === 'failed';
  const name = item.kind === 'note' ? 'Internal note, you' : 'You';
  return h(
    'li',
    {
      key: item.client_id,
      class: classes('message pending own', item.kind === 'note' ? 'note' : 'agent', failed && 'failed'),
    },
    h('p', { class: 'author' }, name),
    item.text ? h('div', { class: 'bubble' }, h('p', { class: 'text', dir: 'auto' }, item.text)) : null,
    sentFiles(item.files),
    failed
      ? h(
          'p',
          { class: 'under failed-line', role: 'alert' },
          `Not sent. ${item.error ?? ''}`,
          h(
            'button',
            { type: 'button', class: 'link', onclick: () => retry(item.conversation) },
            'Try again',
          ),
          h('button', { type: 'button', class: 'link', onclick: () => takeBack(item) }, 'Take back'),
        )
      : h('p', { class: 'under' }, item.seq === null ? 'Sending…' : relative(item.at)),
  );
}
