// What codes are called at the desk. A code that is not here is shown in its own words.

/** @typedef {{word: string, shape: string, tone: 'ok'|'warm'|'hot'}} MoodWord */

/** @type {Record<string, MoodWord>} */
export const MOODS = {
  calm: { word: 'calm', shape: 'circle', tone: 'ok' },
  worried: { word: 'worried', shape: 'diamond', tone: 'warm' },
  disappointed: { word: 'disappointed', shape: 'down', tone: 'warm' },
  frustrated: { word: 'frustrated', shape: 'up', tone: 'warm' },
  angry: { word: 'angry', shape: 'upFull', tone: 'hot' },
  abusive: { word: 'abusive', shape: 'cross', tone: 'hot' },
  threatening_legal: { word: 'legal threat', shape: 'shield', tone: 'hot' },
  threatening_physical: { word: 'threat', shape: 'octagon', tone: 'hot' },
};

const VERY_FROM = 0.75;
const SLIGHTLY_BELOW = 0.4;
const GRADED = new Set(['worried', 'disappointed', 'frustrated', 'angry']);

/**
 * "very angry", "a little worried", and of somebody who was not calm all along "calm now".
 * @param {import('./types.js').Mood} mood
 * @param {number} [heat] 0 to 1, of the conversation so far
 * @returns {string}
 */
export function moodWords(mood, heat = 0) {
  if (mood.kind === 'calm' && heat > 0) return 'calm now';
  const word = MOODS[mood.kind]?.word ?? plain(mood.kind);
  if (!GRADED.has(mood.kind)) return word;
  if (mood.strength >= VERY_FROM) return `very ${word}`;
  return mood.strength < SLIGHTLY_BELOW ? `a little ${word}` : word;
}

/** @type {Record<string, string>} */
const REASONS = {
  person_demanded: 'asked for a person',
  not_understood: 'the bot did not understand',
  remedy_limit: 'the remedy is beyond the bot’s limit',
  unsolved_again: 'raised before and still not solved',
  stuck: 'stuck in the steps',
  business_rule: 'a rule of the business',
  consented: 'agreed to speak with a person',
};

/** @param {{reason: string|null, reason_text: string|null}} row @returns {string} */
export const reasonWords = (row) => row.reason_text || REASONS[row.reason ?? ''] || plain(row.reason ?? '');

/** @type {Record<string, string>} */
const CHANNELS = { web: 'Website', telegram: 'Telegram', slack: 'Slack', email: 'E-mail' };

/** @param {string} channel @returns {string} */
export const channelWords = (channel) => CHANNELS[channel] ?? capital(plain(channel));

/** "840 kB", "2.4 MB". @param {number|null} bytes @returns {string} */
export function sizeWords(bytes) {
  if (bytes === null) return '';
  return bytes < 999_500
    ? `${Math.max(1, Math.round(bytes / 1000))} kB`
    : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** @type {[string, string, string][]} value, name, meaning */
export const OUTCOMES = [
  ['solved', 'Solved', 'The customer has what they needed.'],
  ['unsolved', 'Not solved', 'We could not help this time.'],
  ['no_reply', 'No reply', 'The customer has not answered any more.'],
  ['spam', 'Spam', 'Not a customer’s message.'],
];

/** @param {string|null} outcome @returns {string} */
export const outcomeWords = (outcome) =>
  OUTCOMES.find(([value]) => value === outcome)?.[1].toLowerCase() ?? plain(outcome ?? '');

/** @param {string} rule @returns {string} */
export const toneWords = (rule) => capital(plain(rule));

/**
 * @param {import('./types.js').Conversation|import('./types.js').Row} row
 * @param {boolean} mine
 * @returns {string}
 */
export function stateWords(row, mine) {
  if (row.state === 'waiting') return 'Waiting for a person';
  if (row.state === 'bot') return 'With the bot';
  if (row.state === 'closed') return 'Closed';
  return mine ? 'With you' : `With ${row.owner?.name ?? 'a colleague'}`;
}

/** @param {string|null} code for example "en" @returns {string} */
export function languageWords(code) {
  if (!code) return 'not stated';
  try {
    return new Intl.DisplayNames(['en'], { type: 'language' }).of(code) ?? code;
  } catch {
    return code;
  }
}

/** @param {string} code @returns {string} */
export const plain = (code) => code.replaceAll(/[_-]/g, ' ');

/** @param {string} text @returns {string} */
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/**
 * The name, or "Visitor 3F2A": what tells those apart whose name nobody knows.
 * @param {{id: string|number, name: string|null}} customer
 * @returns {string}
 */
export const customerName = ({ id, name }) => name || `Visitor ${String(id).slice(-4).toUpperCase()}`;

/** @param {number} count @param {string} one @param {string} [many] @returns {string} */
export const counted = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

/** What says that a line of the summary has nothing to tell; such lines are named together in one. */
export const NOTHING = new Map([
  ['not stated', 'Not stated'],
  ['none', 'None'],
  ['nothing yet', 'None'],
]);
