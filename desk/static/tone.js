// Advice on the tone of a draft while it is written (P32, P33). Never blocks sending.
import * as api from './api.js';

/** @typedef {import('./types.js').Finding} Finding */

const PAUSE_MS = 450;
const SHORTEST = 4;
let timer = 0;
let asked = 0;

/**
 * Asks the server once the agent pauses; only the answer to the latest question counts.
 * @param {string} text
 * @param {string} language of the conversation
 * @param {(findings: Finding[]) => void} done offsets as the browser counts them
 */
export function checkTone(text, language, done) {
  clearTimeout(timer);
  const turn = ++asked;
  if (text.trim().length < SHORTEST) {
    done([]);
    return;
  }
  timer = setTimeout(async () => {
    try {
      const { findings } = await api.tone(text, language);
      if (turn === asked) done(findings.map((finding) => inUnits(text, finding)));
    } catch {
      // Advice that cannot be had is no reason to disturb the agent.
    }
  }, PAUSE_MS);
}

/**
 * Those whose words are still where they were.
 * @param {Finding[]} findings
 * @param {string} text
 * @returns {Finding[]}
 */
export const standing = (findings, text) =>
  findings.filter(({ start, end, text: words }) => text.slice(start, end) === words);

/**
 * The server counts characters, the browser counts UTF-16 units: an emoji is two of them.
 * @param {string} text
 * @param {Finding} finding
 * @returns {Finding}
 */
function inUnits(text, finding) {
  const characters = [...text];
  const units = (/** @type {number} */ count) => characters.slice(0, count).join('').length;
  const [start, end] = [units(finding.start), units(finding.end)];
  return { ...finding, start, end, text: text.slice(start, end) };
}
