// The right pane: why it was handed over, the story so far, who the customer is.
import { customerSection } from './customer.js';
import { h, render } from './dom.js';
import { icon } from './icons.js';
import { isLate, promisesSection } from './promises.js';
import { state } from './store.js';
import { resetEditing, summarySection } from './summary.js';
import { relative, timeTag } from './time.js';
import { capital, MOODS, moodWords, plain, reasonWords } from './words.js';
import { lightUp, reveal } from './evidence.js';

/** @typedef {import('./types.js').Detail} Detail */

const TRAIL_LENGTH = 14;

/** @param {Element} root */
export function drawDetails(root) {
  const { detail, route } = state;
  if (!detail) {
    resetEditing();
    render(
      root,
      route.id
        ? h(
            'div',
            { key: 'loading', class: 'skeletons' },
            h('div', { class: 'skeleton' }),
            h('div', { class: 'skeleton' }),
          )
        : h('p', { key: 'none', class: 'muted nothing-open' }, 'The story of a conversation appears here.'),
    );
    return;
  }
  render(
    root,
    h(
      'div',
      { key: detail.conversation.id, class: 'details-body' },
      h(
        'div',
        { class: 'details-head' },
        h(
          'a',
          { class: 'back', href: `#/c/${encodeURIComponent(detail.conversation.id)}` },
          icon('back'),
          h('span', { class: 'unseen' }, 'Back to the conversation'),
        ),
        h('h2', { tabindex: -1 }, 'The story'),
      ),
      reasonBox(detail),
      moodTrail(detail),
      isLate(detail)
        ? [promisesSection(detail), summarySection(detail)]
        : [summarySection(detail), promisesSection(detail)],
      customerSection(detail),
    ),
  );
}

/** @param {Detail} detail */
function reasonBox({ conversation }) {
  const { handoff } = conversation;
  if (!handoff) return null;
  // How sure the bot was of what it read helps nobody who reads it themselves.
  const numbers = Object.entries(handoff.numbers ?? {}).filter(([name]) => name !== 'confidence');
  return h(
    'section',
    { key: 'reason', class: 'card reason', 'aria-label': 'Why it was handed over' },
    h('h3', null, 'Why it was handed over'),
    h('p', { class: 'reason-text' }, capital(reasonWords(handoff))),
    h(
      'p',
      { class: 'muted small' },
      timeTag(handoff.at, capital(relative(handoff.at))),
      handoff.routed_to === 'lead' ? ' · for a lead' : '',
    ),
    handoff.rule && handoff.rule !== handoff.reason_text
      ? h('p', { class: 'small' }, `Rule: ${handoff.rule}`)
      : null,
    numbers.length
      ? h(
          'dl',
          { class: 'numbers' },
          numbers.map(([name, value]) =>
            h('div', { key: name }, h('dt', null, plain(name)), h('dd', null, numberWords(value))),
          ),
        )
      : null,
  );
}

/** @param {unknown} value @returns {string} */
function numberWords(value) {
  if (typeof value === 'number') return String(Math.round(value * 100) / 100);
  if (Array.isArray(value)) return value.map(numberWords).join(' → ');
  if (value && typeof value === 'object') return Object.values(value).map(numberWords).join(' ');
  return String(value ?? 'not stated');
}

/** The customer's mood turn by turn; each step leads to its message. @param {Detail} detail */
function moodTrail({ messages }) {
  const turns = messages
    .filter((message) => message.author === 'customer' && message.mood)
    .slice(-TRAIL_LENGTH);
  if (turns.length < 2) return null;
  return h(
    'section',
    { key: 'trail', class: 'trail', 'aria-label': 'Mood over time' },
    h('h3', null, 'Mood'),
    h(
      'ol',
      null,
      turns.map(({ seq, mood }) => {
        const { shape, tone } = MOODS[mood?.kind ?? 'calm'] ?? MOODS.calm;
        const words = mood ? moodWords(mood) : '';
        return h(
          'li',
          { key: seq },
          h(
            'button',
            {
              type: 'button',
              class: `trail-step ${tone}`,
              title: words,
              'aria-label': `${words}, show the message`,
              onclick: () => reveal([seq]),
              ...lightUp([seq]),
            },
            icon(shape),
          ),
        );
      }),
    ),
  );
}
