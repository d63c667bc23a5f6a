// How far our messages have come where the customer is elsewhere, and another try for those that failed.
import * as api from './api.js';
import { refreshDetail } from './data.js';
import { h } from './dom.js';
import { icon } from './icons.js';
import { announce, toastError } from './notices.js';
import { changed, isMine, leads, state } from './store.js';

/** @typedef {import('./types.js').Message} Message */

/** @type {Set<string>} messages being tried again */
const trying = new Set();

/** @param {Message} message */
const keyOf = (message) => `${state.detail?.conversation.id}/${message.seq}`;

/** What makes a mark look different although its message is the same. @param {Message} message */
export const markLooks = (message) => `${trying.has(keyOf(message))} ${canRetry()}`;

const canRetry = () => Boolean(state.detail && (isMine(state.detail.conversation) || leads(state.me)));

/**
 * An agent wants to see each step; of the bot's own messages only what went wrong.
 * @param {Message} message
 */
export function deliveryMark(message) {
  const { author, delivery } = message;
  if (!delivery || author === 'customer' || author === 'note') return null;
  const { status, problem } = delivery;
  if (status === 'failed') return failed(message, problem);
  if (status === 'dropped')
    return h('span', { key: 'dropped', class: 'mark' }, icon('cross'), `Not sent. ${problem ?? ''}`);
  if (author !== 'agent') return null;
  if (status === 'sent') return h('span', { key: 'sent', class: 'mark sent' }, icon('check'), 'Delivered');
  return h(
    'span',
    { key: 'way', class: 'mark' },
    icon('clock'),
    problem ? `Not yet. ${problem}` : 'Sending…',
  );
}

/** @param {Message} message @param {string|null} problem */
const failed = (message, problem) =>
  h(
    'span',
    { key: 'failed', class: 'mark failed-line' },
    h('span', null, icon('cross'), ` Not delivered: ${problem ?? 'we do not know why.'}`),
    canRetry()
      ? h(
          'button',
          {
            type: 'button',
            class: 'link',
            disabled: trying.has(keyOf(message)),
            onclick: () => retry(message),
          },
          'Retry',
        )
      : null,
  );

/** @param {Message} message */
async function retry(message) {
  const { detail } = state;
  if (!detail || trying.has(keyOf(message))) return;
  const key = keyOf(message);
  trying.add(key);
  changed('conversation');
  try {
    await api.retryDelivery(detail.conversation.id, message.seq);
    announce('Trying again.');
    await refreshDetail();
  } catch (error) {
    toastError(error);
  } finally {
    trying.delete(key);
    changed('conversation');
  }
}

/** What a screen reader is told when a mark changes. @param {Message|undefined} before @param {Message} after */
export function deliveryNews(before, after) {
  const { delivery } = after;
  if (!delivery || !before || before.delivery?.status === delivery.status || after.author !== 'agent')
    return null;
  if (delivery.status === 'sent') return 'Your message is delivered';
  return delivery.status === 'failed' ? `Not delivered: ${delivery.problem ?? ''}` : null;
}
