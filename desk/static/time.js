// Times as people say them, in the agent's own time zone where no other is named.
import { h } from './dom.js';

const LOCALE = 'en-GB';
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** @type {Intl.DateTimeFormatOptions} */
const CLOCK = { hour: '2-digit', minute: '2-digit' };
/** @type {Intl.DateTimeFormatOptions} */
const SHORT_DAY = { weekday: 'short', day: 'numeric', month: 'short' };

const clock = new Intl.DateTimeFormat(LOCALE, CLOCK);
const date = new Intl.DateTimeFormat(LOCALE, { day: 'numeric', month: 'short', year: 'numeric' });
const dayName = new Intl.DateTimeFormat(LOCALE, { weekday: 'long', day: 'numeric', month: 'long' });
const full = new Intl.DateTimeFormat(LOCALE, { dateStyle: 'full', timeStyle: 'short' });

/** Midnights between then and now. @param {Date} then @param {number} now */
function daysBefore(then, now) {
  const today = new Date(now).setHours(0, 0, 0, 0);
  return Math.round((today - new Date(then).setHours(0, 0, 0, 0)) / DAY);
}

/** "3 min ago", "yesterday 14:05". @param {string} iso @param {number} [now] @returns {string} */
export function relative(iso, now = Date.now()) {
  const then = new Date(iso);
  const age = now - then.getTime();
  if (age < MINUTE) return 'just now';
  if (age < HOUR) return `${Math.floor(age / MINUTE)} min ago`;
  const days = daysBefore(then, now);
  if (days === 0) return `${Math.floor(age / HOUR)} h ago`;
  if (days === 1) return `yesterday ${clock.format(then)}`;
  return `${date.format(then)}, ${clock.format(then)}`;
}

/** "under 1 min", "4 min", "1 h 20 min". @param {number} milliseconds @returns {string} */
function span(milliseconds) {
  if (milliseconds < MINUTE) return 'under 1 min';
  if (milliseconds < HOUR) return `${Math.floor(milliseconds / MINUTE)} min`;
  if (milliseconds < DAY)
    return `${Math.floor(milliseconds / HOUR)} h ${Math.floor((milliseconds % HOUR) / MINUTE)} min`;
  const days = Math.floor(milliseconds / DAY);
  return days === 1 ? '1 day' : `${days} days`;
}

/** How long since. @param {string} iso @param {number} [now] @returns {string} */
export const since = (iso, now = Date.now()) => span(Math.max(0, now - Date.parse(iso)));

/** "in 23 h 10 min", "2 days ago". @param {string} iso @param {number} [now] @returns {string} */
export function distance(iso, now = Date.now()) {
  const ahead = Date.parse(iso) - now;
  return ahead > 0 ? `in ${span(ahead)}` : `${span(-ahead)} ago`;
}

/**
 * "tomorrow 12:00", "Thu, 26 Nov 12:00"; with the zone, "12:00 CET", for an agent who is in another.
 * @param {string} iso
 * @param {string} zone IANA name
 * @returns {string}
 */
export function moment(iso, zone) {
  const then = new Date(iso);
  const near = new Map([
    [dayIn(zone, -1), 'yesterday'],
    [dayIn(zone), 'today'],
    [dayIn(zone, 1), 'tomorrow'],
  ]).get(isoDay(then, zone));
  const date = near ?? then.toLocaleDateString(LOCALE, { ...SHORT_DAY, timeZone: zone });
  const time = then.toLocaleTimeString(LOCALE, {
    ...CLOCK,
    timeZone: zone,
    timeZoneName: zone === clock.resolvedOptions().timeZone ? undefined : 'short',
  });
  return `${date} ${time}`;
}

/**
 * The days in a text as a summary has them, "2026-11-25 10:00": "tomorrow, Wed 25 Nov 10:00".
 * @param {string} text
 * @returns {string}
 */
export const writtenDays = (text) =>
  text.replaceAll(/\b(\d{4})-\d\d-\d\d\b/g, (written, year) => {
    const noon = new Date(`${written}T12:00`); // a day on the wall, in nobody's zone
    if (Number.isNaN(noon.getTime())) return written;
    const ahead = -daysBefore(noon, Date.now());
    const near = { '-1': 'yesterday, ', 0: 'today, ', 1: 'tomorrow, ' }[ahead] ?? '';
    const date = noon.toLocaleDateString(LOCALE, {
      ...SHORT_DAY,
      year: Number(year) === new Date().getFullYear() ? undefined : 'numeric',
    });
    return near + date.replace(',', '');
  });

/** "14:05". @param {number} time @returns {string} */
export const atClock = (time) => clock.format(time);

/**
 * A day as date fields want it, "2026-11-23".
 * @param {string} zone IANA name
 * @param {number} [ahead] days from today
 * @returns {string}
 */
export function dayIn(zone, ahead = 0) {
  const noon = new Date(`${isoDay(Date.now(), zone)}T12:00Z`); // counted in UTC: here a day may have 23 or 25 hours
  return isoDay(noon.getTime() + ahead * DAY, 'UTC');
}

/** @param {Date|number} time @param {string} zone */
const isoDay = (time, zone) => new Intl.DateTimeFormat('sv-SE', { timeZone: zone }).format(time);

/**
 * "Today", "Yesterday", "Thursday 19 November".
 * @param {string} iso
 * @param {number} [now]
 * @returns {string}
 */
export function day(iso, now = Date.now()) {
  const then = new Date(iso);
  const days = daysBefore(then, now);
  if (days === 0) return 'Today';
  return days === 1 ? 'Yesterday' : dayName.format(then);
}

/** "19 Nov 2026". @param {string} iso @returns {string} */
export const onDate = (iso) => date.format(new Date(iso));

/** @param {string} iso @param {string} [text] @param {string} [className] */
export const timeTag = (iso, text = relative(iso), className = 'time') =>
  h('time', { datetime: iso, title: full.format(new Date(iso)), class: className }, text);
