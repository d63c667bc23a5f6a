// Fields in canned replies: filled from what is known, and never sent unfilled (P34).

import { NOTHING } from './words.js';

const FIELD = /\{[a-z][a-z0-9_]*\}/;

/**
 * What is known, by field name. What was told in this conversation goes before the last complaint, which may be older;
 * where several are told, the agent chooses.
 * @param {import('./types.js').Detail} detail
 * @param {import('./types.js').Agent|null} me
 * @returns {Record<string, string|null|undefined>}
 */
export function knownFields({ customer, summary }, me) {
  const complaint = customer.complaints.at(0);
  const told = (/** @type {string} */ topic) => {
    const text = summary?.lines.find((line) => line.topic === topic)?.text;
    return text && !NOTHING.has(text.trim().toLowerCase()) ? text : null;
  };
  const one = (/** @type {string} */ topic, /** @type {string|null|undefined} */ otherwise) => {
    const text = told(topic) ?? otherwise;
    return text?.includes(', ') ? null : text;
  };
  return {
    customer_name: customer.name,
    agent_name: me?.name,
    case_number: complaint?.case_number,
    order_number: one('order', complaint?.order_number),
    product: one('product', complaint?.product),
    remedy: complaint?.chosen_remedy ?? complaint?.wanted_remedy,
  };
}

// A name within a sentence can be left out: "Hello {customer_name}, this is …".
const NAME = /,? \{customer_name\}/g;

/**
 * Fields that are not known stay as they are, to be filled by hand; only a name that nobody knows goes.
 * @param {string} text
 * @param {Record<string, string|null|undefined>} known
 * @returns {string}
 */
export const fill = (text, known) =>
  (known.customer_name ? text : text.replaceAll(NAME, '')).replaceAll(
    new RegExp(FIELD, 'g'),
    (field) => known[field.slice(1, -1)] || field,
  );

/**
 * @param {string} text
 * @returns {{field: string, start: number, end: number}|null} the first unfilled field
 */
export function unfilled(text) {
  const match = FIELD.exec(text);
  return match && { field: match[0], start: match.index, end: match.index + match[0].length };
}
