// Fields in canned replies: filled from what is known, and never sent unfilled (P34).

const FIELD = /\{[a-z][a-z0-9_]*\}/;

/**
 * What is known, by field name.
 * @param {import('./types.js').Detail} detail
 * @param {import('./types.js').Agent|null} me
 * @returns {Record<string, string|null|undefined>}
 */
export function knownFields({ customer }, me) {
  const complaint = customer.complaints.at(0);
  return {
    customer_name: customer.name,
    agent_name: me?.name,
    case_number: complaint?.case_number,
    order_number: complaint?.order_number,
    product: complaint?.product,
    remedy: complaint?.chosen_remedy ?? complaint?.wanted_remedy,
  };
}

/**
 * Fields that are not known stay as they are, to be filled by hand.
 * @param {string} text
 * @param {Record<string, string|null|undefined>} known
 * @returns {string}
 */
export const fill = (text, known) =>
  text.replaceAll(new RegExp(FIELD, 'g'), (field) => known[field.slice(1, -1)] || field);

/**
 * @param {string} text
 * @returns {{field: string, start: number, end: number}|null} the first unfilled field
 */
export function unfilled(text) {
  const match = FIELD.exec(text);
  return match && { field: match[0], start: match.index, end: match.index + match[0].length };
}
