/** Files of messages: a button with name and size; pressed, the file is fetched with the chat's token and saved. */

import { h, icon, icons, setText } from './dom.js';
import { words } from './words.js';

const KEPT_MS = 60_000; // a browser may still be writing it

/**
 * @typedef {{id: string, name: string, media_type: string, size: number}} File
 * @typedef {(id: string) => Promise<Blob>} Fetch
 */

/** @param {File[]} files @param {Fetch} fetchFile */
export const fileList = (files, fetchFile) =>
  h('ul', { class: 'files', 'aria-label': words.files }, ...files.map((file) => h('li', {}, button(file, fetchFile))));

/** @param {File} file @param {Fetch} fetchFile */
function button({ id, name, size }, fetchFile) {
  const about = h('span', { class: 'file-size', role: 'status' }, words.size(size));
  const element = h(
    'button',
    { type: 'button', class: 'file', part: 'file', 'aria-label': words.save(name, words.size(size)), onclick: press },
    icon(icons.file),
    h('bdi', { class: 'file-name' }, name),
    about,
  );
  async function press() {
    element.setAttribute('aria-busy', 'true');
    setText(about, words.fetching);
    try {
      save(await fetchFile(id), name);
      setText(about, words.size(size));
    } catch {
      setText(about, words.notFetched);
    }
    element.removeAttribute('aria-busy');
  }
  return element;
}

/** @param {Blob} blob @param {string} name */
function save(blob, name) {
  const href = URL.createObjectURL(blob);
  h('a', { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), KEPT_MS);
}
