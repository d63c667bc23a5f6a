// Files of messages: pictures as pictures, recordings to listen to, everything else by its name.
import { classes, h } from './dom.js';
import { icon } from './icons.js';
import { sizeWords } from './words.js';

/** @typedef {import('./types.js').FileItem} FileItem */

// The only ones that the server lets a browser show.
const PICTURES = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);

/** @param {FileItem[]} files @param {boolean} fromCustomer */
export const fileList = (files, fromCustomer) =>
  files.length
    ? h(
        'ul',
        { class: 'files', 'aria-label': 'Files' },
        files.map((file) =>
          h(
            'li',
            { key: `${file.id}-${file.status}`, class: `file ${file.status}` },
            shown(file, fromCustomer),
          ),
        ),
      )
    : null;

/** @param {FileItem} file @param {boolean} fromCustomer */
function shown(file, fromCustomer) {
  if (file.status === 'refused') return notTaken(file);
  if (file.status === 'waiting' || !file.url) return awaited(file);
  if (PICTURES.has(file.media_type)) return picture(file, file.url, fromCustomer);
  if (file.media_type.startsWith('audio/')) return [recording(file, file.url), link(file, file.url)];
  return link(file, file.url);
}

/** @param {FileItem} file @param {string} url @param {boolean} fromCustomer */
const picture = (file, url, fromCustomer) =>
  h(
    'a',
    { class: 'picture', href: url, target: '_blank', rel: 'noopener noreferrer' },
    h('img', {
      src: url,
      alt: `Picture from ${fromCustomer ? 'the customer' : 'us'}: ${file.name}`,
      loading: 'lazy',
      decoding: 'async',
    }),
    h('span', { class: 'file-about' }, name(file.name), ' · ', sizeWords(file.size), newTab()),
  );

/** @param {FileItem} file @param {string} url */
const recording = (file, url) =>
  h('audio', { src: url, controls: true, preload: 'none', 'aria-label': `Recording: ${file.name}` });

/** @param {FileItem} file @param {string} url */
const link = (file, url) =>
  h(
    'a',
    { class: 'file-card', href: url, download: file.name },
    icon('file'),
    h('span', { class: 'unseen' }, 'Save '),
    name(file.name),
    h('span', { class: 'file-size' }, sizeWords(file.size)),
  );

/** @param {FileItem} file */
const awaited = (file) =>
  h(
    'p',
    { class: 'file-card' },
    icon('clock'),
    name(file.name),
    h('span', { class: 'file-size' }, file.problem ?? 'Waiting for the file…'),
  );

/** @param {FileItem} file */
const notTaken = (file) =>
  h(
    'p',
    { class: 'file-card' },
    icon('cross'),
    name(file.name),
    h('span', { class: 'file-size' }, `Refused: ${file.problem ?? 'we do not take this file.'}`),
  );

/** A name of any script, which may not run into what stands beside it. @param {string} text */
export const name = (text) => h('bdi', { class: 'file-name' }, text);

const newTab = () => h('span', { class: 'unseen' }, ', opens in a new tab');

/** What a screen reader says of them. @param {FileItem[]} files */
export const filesInWords = (files) => files.map((file) => `File: ${file.name}`).join(', ');

/** @param {import('./types.js').Attached[]} files of a message on its way */
export const sentFiles = (files) =>
  files.length
    ? h(
        'ul',
        { class: classes('files', 'leaving'), 'aria-label': 'Files' },
        files.map((file) =>
          h(
            'li',
            { key: file.id, class: 'file' },
            h(
              'p',
              { class: 'file-card' },
              icon('file'),
              name(file.name),
              h('span', { class: 'file-size' }, sizeWords(file.size)),
            ),
          ),
        ),
      )
    : null;
