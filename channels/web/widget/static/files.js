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
  h('ul', { class: 'files', 'aria-label': words.files }, ...files.map((file) => item(file, fetchFile)));

/** @param {File} file @param {Fetch} fetchFile */
function item({ id, name, size }, fetchFile) {
  const progress = h('span', { class: 'file-progress', role: 'status' });
  const button = h(
    'button',
    { type: 'button', class: 'file', part: 'file', onclick: press },
    icon(icons.file),
    h('span', { class: 'hidden' }, words.save),
    h('bdi', { class: 'file-name' }, name),
    h('span', { class: 'file-size' }, words.size(size)),
  );
  async function press() {
    setText(progress, words.fetching);
    try {
      save(await fetchFile(id), name);
      setText(progress, '');
    } catch {
      setText(progress, words.notFetched);
    }
  }
  return h('li', {}, button, progress);
}

/** @param {Blob} blob @param {string} name */
function save(blob, name) {
  const href = URL.createObjectURL(blob);
  h('a', { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), KEPT_MS);
}
