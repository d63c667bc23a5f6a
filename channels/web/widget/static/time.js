/** Times as people say them. The interface is English, so the dates are too. */

import { words } from './words.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const day = new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'long' });
const full = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'short' });
const ago = new Intl.RelativeTimeFormat('en', { numeric: 'always', style: 'short' });

/** @param {string} at ISO time @param {number} [now] milliseconds */
export function relative(at, now = Date.now()) {
  const age = now - Date.parse(at);
  if (age < MINUTE) return words.justNow; // clocks differ: a time ahead of ours is "just now" too
  if (age < HOUR) return ago.format(-Math.floor(age / MINUTE), 'minute');
  return clock.format(new Date(at));
}

/** @param {string} at */
export const absolute = (at) => full.format(new Date(at));

/** @type {Map<number, string>} formatting is slow, and a long history has few days */
const dayNames = new Map();

/** A heading above the first message of a day. @param {string} at @param {number} [now] */
export function dayName(at, now = Date.now()) {
  const start = midnight(Date.parse(at));
  const days = Math.round((midnight(now) - start) / DAY);
  if (days <= 1) return days === 1 ? words.yesterday : words.today;
  if (!dayNames.has(start)) dayNames.set(start, day.format(start));
  return /** @type {string} */ (dayNames.get(start));
}

/** @param {number} time */
const midnight = (time) => new Date(time).setHours(0, 0, 0, 0);
