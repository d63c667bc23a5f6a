// Tells the agent of a new handoff and of what a colleague passes on to them: sound, browser notification,
// count in the title. Once each over all tabs and reloads, and of handoffs only those this agent may take.
import { announce, toast } from './notices.js';
import { prefer, preference } from './kept.js';
import { changed, mayTake, state } from './store.js';
import { customerName, reasonWords } from './words.js';

/** @typedef {import('./types.js').Row} Row */

// What was waiting before this page opened is on screen already; only the very latest is told.
const FRESH_MS = 60_000;
const REMEMBERED = 300;
const TITLE = 'Desk · Warmline';

/** @type {AudioContext|null} */
let audio = null;
/** @type {Set<string>} handoffs this page has seen */
const known = new Set();
let first = true;

/** Looks for handoffs this page has not seen yet. @param {Row[]} rows the waiting conversations */
export function noticeHandoffs(rows) {
  const takeable = rows.filter(mayTake);
  document.title = takeable.length ? `(${takeable.length}) ${TITLE}` : TITLE;
  for (const row of takeable) {
    if (!row.handoff) continue;
    const id = `${row.handoff}${row.alarm ? '.alarm' : ''}`;
    if (known.has(id)) continue;
    known.add(id);
    if (state.me?.status === 'online' && (!first || isFresh(row))) tell(row, id);
  }
  first = false;
}

/** After logging out: the next agent starts afresh. */
export function forgetHandoffs() {
  known.clear();
  first = true;
  document.title = TITLE;
}

/** @param {Row} row */
const isFresh = (row) =>
  Boolean(row.waiting_since) && Date.now() - Date.parse(String(row.waiting_since)) < FRESH_MS;

/**
 * A colleague passed it on: it is this agent's now.
 * @param {Row} row
 * @param {import('./types.js').Change} change
 */
export function noticeTransfer(row, change) {
  const words = `${change.from ?? 'A colleague'} passed ${customerName(row.customer)} on to you.`;
  const open = row.id === state.route.id;
  toast(open ? `${words} The note is below.` : words, 'info', open ? null : addressOf(row));
  if (state.me?.status === 'online') call(row, `${row.id}.${change.at}`, words);
}

/** @param {Row} row @param {string} id */
function tell(row, id) {
  announce(`${row.alarm ? 'Alarm' : 'New handoff'}: ${customerName(row.customer)}, ${reasonWords(row)}`);
  const where = row.alarm ? `is with ${row.owner?.name}` : 'is waiting';
  call(row, id, `${customerName(row.customer)} ${where}`);
}

/** @param {Row} row @param {string} id of what is told, once @param {string} title */
function call(row, id, title) {
  // Sound and notification are claimed apart: a tab that may not make a sound leaves it to one that may.
  if (soundReady()) once(`sound.${id}`, chime);
  if (notificationState() === 'granted') once(`note.${id}`, () => showNotification(row, id, title));
}

/**
 * Runs it in the first tab that asks.
 * @param {string} key
 * @param {() => void} action
 */
async function once(key, action) {
  const claim = () => {
    /** @type {string[]} */
    const told = preference('told') ?? [];
    if (told.includes(key)) return;
    prefer('told', [...told, key].slice(-REMEMBERED));
    action();
  };
  // Locks exist on secure origins only; without them two tabs may, rarely, both ring.
  if (navigator.locks) await navigator.locks.request('warmline.desk.told', claim);
  else claim();
}

/** @param {Row} row */
const addressOf = (row) => `#/c/${encodeURIComponent(row.id)}`;

/** @param {Row} row @param {string} id @param {string} title */
function showNotification(row, id, title) {
  try {
    const note = new Notification(title, {
      body: reasonWords(row),
      tag: `warmline-${id}`,
      icon: '/desk/static/icon.svg',
    });
    note.onclick = () => {
      window.focus();
      location.hash = addressOf(row);
      note.close();
    };
  } catch {
    // Phones allow notifications only from a service worker; sound and title still tell.
  }
}

/** @returns {'granted'|'denied'|'default'|'unsupported'} */
export const notificationState = () => ('Notification' in window ? Notification.permission : 'unsupported');

/** Asks for permission; only ever from a button. */
export async function allowNotifications() {
  await Notification.requestPermission();
  changed('me');
}

export const soundOn = () => preference('sound') === true;
const soundReady = () => soundOn() && audio?.state === 'running';

/** Turns the sound on (and plays it once) or off; only ever from a button, as browsers require. */
export async function toggleSound() {
  prefer('sound', !soundOn());
  changed('me');
  if (!soundOn()) return;
  await unlock();
  chime();
}

/** Remembered from last time, but browsers keep a page silent until it is touched. */
export function unlockSoundOnTouch() {
  for (const type of ['pointerdown', 'keydown']) {
    document.addEventListener(type, () => {
      if (soundOn() && audio?.state !== 'running') unlock();
    });
  }
}

async function unlock() {
  audio ??= new AudioContext();
  await audio.resume().catch(() => {});
}

/** Two soft notes, a fifth apart. */
function chime() {
  if (!audio) return;
  const start = audio.currentTime + 0.02;
  [523.25, 783.99].forEach((frequency, index) =>
    playNote(/** @type {AudioContext} */ (audio), frequency, start + index * 0.16),
  );
}

/** @param {AudioContext} context @param {number} frequency Hz @param {number} start seconds */
function playNote(context, frequency, start) {
  const tone = new OscillatorNode(context, { type: 'sine', frequency });
  const volume = new GainNode(context, { gain: 0 });
  volume.gain.setValueAtTime(0, start);
  volume.gain.linearRampToValueAtTime(0.16, start + 0.03);
  volume.gain.exponentialRampToValueAtTime(0.0001, start + 0.7);
  tone.connect(volume).connect(context.destination);
  tone.start(start);
  tone.stop(start + 0.75);
}
