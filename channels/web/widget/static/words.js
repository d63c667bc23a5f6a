/** Every sentence the widget itself says, in one place. */

const COUNT = new Intl.PluralRules('en');

/** @param {number} count @param {string} one @param {string} many */
const plural = (count, one, many) => `${count} ${COUNT.select(count) === 'one' ? one : many}`;

export const words = {
  title: 'Chat with us',
  greeting: 'Hello. Ask us anything, or tell us what went wrong. A person joins whenever you want one.',
  launcher: (/** @type {string} */ title, /** @type {number} */ unread) =>
    unread ? `${title}, ${plural(unread, 'unread message', 'unread messages')}` : title,
  close: 'Close the chat',
  language: 'Language of the answers',
  messages: 'Messages',
  newest: 'New messages',
  composer: 'Your message',
  placeholder: 'Write a message',
  send: 'Send',
  choices: 'Suggested answers',
  left: (/** @type {number} */ count) => `${plural(count, 'character', 'characters')} left`,
  over: (/** @type {number} */ count) => `${plural(count, 'character', 'characters')} too many`,

  you: 'You',
  assistant: 'Assistant',
  person: 'Our team',
  notice: 'Notice',
  newTab: '(opens in a new tab)',
  typing: (/** @type {string} */ who) => `${who} is typing`,
  arrived: (/** @type {string} */ who) => `New message from ${who}`,

  talkingWith: {
    bot: 'You are talking with our assistant',
    waiting: 'Waiting for a person',
    agent: (/** @type {string | null} */ name) => `You are talking with ${name ?? 'a person'}`,
    closed: 'Closed. Write to start again',
  },

  files: 'Files',
  size: (/** @type {number} */ bytes) =>
    bytes < 999_500 ? `${Math.max(1, Math.round(bytes / 1000))} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`,
  save: 'Save',
  fetching: 'Fetching it…',
  notFetched: 'This did not work. Please try again.',
  sentFiles: (/** @type {string} */ names) => `File: ${names}`,

  sending: 'Sending…',
  sent: 'Sent',
  notSentYet: 'Not sent yet',
  notSent: 'Not sent',
  tryAgain: 'Try again',
  edit: 'Edit',
  rejected: 'This message could not be taken. Please change it and send it again.',

  reconnecting: 'Reconnecting…',
  unlisted: 'The chat is not available on this website.',
  offline: 'You are offline. Your messages go out as soon as you are back.',
  slowDown: (/** @type {number} */ seconds) =>
    seconds < 90
      ? `One moment please. Your message goes out in about ${plural(Math.ceil(seconds), 'second', 'seconds')}.`
      : `Many messages are coming from here. Yours goes out in about ${plural(Math.ceil(seconds / 60), 'minute', 'minutes')}.`,

  justNow: 'just now',
  today: 'Today',
  yesterday: 'Yesterday',
};
