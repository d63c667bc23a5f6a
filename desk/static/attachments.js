// Files on their way into a reply: chosen, dropped or pasted, uploaded at once, sent with the text.
import * as api from './api.js';
import { h } from './dom.js';
import { name } from './files.js';
import { icon } from './icons.js';
import { draftFiles, keepDraftFiles } from './kept.js';
import { announce, toast } from './notices.js';
import { changed, isMine, state } from './store.js';
import { counted, sizeWords } from './words.js';

/** @typedef {import('./types.js').Attached} Attached */
/**
 * @typedef {object} Attachment
 * @property {number} key
 * @property {string} name
 * @property {number} size
 * @property {File|null} file null once it is there
 * @property {number} progress 0 to 1
 * @property {string|null} error
 * @property {boolean} temporary whether another try may help
 * @property {Attached|null} kept what the server has
 * @property {() => void} stop
 */

/** @type {Map<string, Attachment[]>} by conversation */
const boxes = new Map();
let nextKey = 1;

export function forgetAttachments() {
  for (const attachment of [...boxes.values()].flat()) attachment.stop();
  boxes.clear();
}

/** @param {string} id of the conversation @returns {Attachment[]} */
function inBox(id) {
  if (!boxes.has(id)) boxes.set(id, draftFiles(id).map(uploaded));
  return boxes.get(id) ?? [];
}

/** @param {Attached} kept @returns {Attachment} */
const uploaded = (kept) => ({
  key: nextKey++,
  name: kept.name,
  size: kept.size,
  file: null,
  progress: 1,
  error: null,
  temporary: false,
  kept,
  stop: () => {},
});

/** @param {string} id @param {Attachment[]} list */
function put(id, list) {
  boxes.set(id, list);
  keepDraftFiles(id, ready(list));
  changed('draft');
}

/** @param {Attachment[]} list @returns {Attached[]} */
const ready = (list) => list.flatMap(({ kept }) => (kept ? [kept] : []));

/** What is uploaded and would be sent now. @param {string} id @returns {Attached[]} */
export const attached = (id) => ready(inBox(id));

/** Why it cannot be sent yet, or null. @param {string} id @returns {string|null} */
export function notYet(id) {
  const list = inBox(id);
  const failed = list.find(({ error }) => error);
  if (failed)
    return `“${failed.name}” could not be attached. Please remove it first${failed.temporary ? ', or try again' : ''}.`;
  const loading = list.find(({ kept }) => !kept);
  return loading ? `“${loading.name}” is still on its way. One moment.` : null;
}

/** Takes them out for sending. @param {string} id @returns {Attached[]} */
export function takeAttached(id) {
  const files = attached(id);
  if (files.length) put(id, []);
  return files;
}

/** Those of a message that was not sent. @param {string} id @param {Attached[]} files */
export function giveBack(id, files) {
  if (files.length) put(id, [...files.map(uploaded), ...inBox(id)]);
}

/** Whether files can be attached to what is written now. */
export const mayAttach = () => Boolean(state.detail && isMine(state.detail.conversation) && state.files);

/** @param {Iterable<File>} files */
export function attach(files) {
  const id = state.detail?.conversation.id;
  const limits = state.files;
  if (!id || !limits || !mayAttach()) return;
  const list = [...files];
  const room = limits.most - inBox(id).length;
  if (list.length > room)
    toast(
      `A message can carry ${counted(limits.most, 'file')}. The others can go with the next one.`,
      'danger',
    );
  for (const file of list.slice(0, Math.max(0, room))) add(id, file, limits.megabytes);
}

/** @param {string} id @param {File} file @param {number} megabytes */
function add(id, file, megabytes) {
  /** @type {Attachment} */
  const attachment = {
    key: nextKey++,
    name: file.name,
    size: file.size,
    file,
    progress: 0,
    error: null,
    temporary: false,
    kept: null,
    stop: () => {},
  };
  put(id, [...inBox(id), attachment]);
  if (file.size > megabytes * 1_000_000) attachment.error = `This file is larger than ${megabytes} MB.`;
  else if (!file.size) attachment.error = 'This file is empty.';
  else load(id, attachment, file);
}

/** @param {string} id @param {Attachment} attachment @param {File} file */
async function load(id, attachment, file) {
  const { answer, stop } = api.uploadFile(id, file, (progress) => {
    attachment.progress = progress;
    changed('draft');
  });
  Object.assign(attachment, { progress: 0, error: null, stop });
  changed('draft');
  try {
    const kept = await answer;
    Object.assign(attachment, { name: kept.name, size: kept.size, kept, file: null });
    announce(`${kept.name} is attached.`);
  } catch (thrown) {
    const error = /** @type {api.ApiError} */ (thrown);
    Object.assign(attachment, { error: error.message, temporary: error.temporary || error.status === 401 });
  }
  if (inBox(id).includes(attachment)) put(id, inBox(id));
}

/** @param {string} id @param {Attachment} attachment */
function remove(id, attachment) {
  attachment.stop();
  const list = inBox(id);
  const next = list[list.indexOf(attachment) + 1] ?? list[list.indexOf(attachment) - 1];
  put(
    id,
    list.filter((other) => other !== attachment),
  );
  announce(`${attachment.name} is removed.`);
  setTimeout(() => document.getElementById(next ? `attached-${next.key}` : 'draft')?.focus());
}

/** @param {string} id */
export function attachmentList(id) {
  const list = inBox(id);
  if (!list.length) return null;
  return h(
    'ul',
    { class: 'attachments', 'aria-label': 'Files to send', key: 'attachments' },
    list.map((attachment) =>
      h(
        'li',
        { key: attachment.key, class: attachment.error ? 'attachment failed' : 'attachment' },
        preview(attachment),
        h('span', { class: 'attachment-about' }, name(attachment.name), about(id, attachment)),
        h(
          'button',
          {
            type: 'button',
            id: `attached-${attachment.key}`,
            class: 'plain',
            'aria-label': `Remove ${attachment.name}`,
            onclick: () => remove(id, attachment),
          },
          '×',
        ),
      ),
    ),
  );
}

/** @param {Attachment} attachment */
const preview = ({ kept }) =>
  kept?.media_type.startsWith('image/')
    ? h('img', { key: 'preview', src: kept.url, alt: '', class: 'attachment-preview' })
    : icon('file');

/** @param {string} id @param {Attachment} attachment */
function about(id, attachment) {
  const { error, temporary, kept, progress, size, file } = attachment;
  if (error) {
    return h(
      'span',
      { key: 'error', class: 'attachment-error', role: 'alert' },
      error,
      file && temporary
        ? h(
            'button',
            { type: 'button', class: 'link', onclick: () => load(id, attachment, file) },
            'Try again',
          )
        : null,
    );
  }
  if (kept) return h('span', { key: 'size', class: 'file-size' }, sizeWords(size));
  return h('progress', {
    key: 'progress',
    max: 1,
    value: progress,
    'aria-label': `Uploading ${attachment.name}`,
  });
}

/** The button, with the field behind it that opens the system's own dialog. */
export function attachButton() {
  return h(
    'span',
    { key: 'attach', class: 'attach' },
    h(
      'button',
      { type: 'button', class: 'tool', onclick: chooseFiles, title: 'Attach files (f)' },
      icon('clip'),
      h('span', { class: 'word' }, 'Attach'),
    ),
    h('input', {
      type: 'file',
      id: 'choose-files',
      multiple: true,
      hidden: true,
      accept: state.files?.endings.map((ending) => `.${ending}`).join(','),
      onchange: (/** @type {Event} */ event) => {
        const input = /** @type {HTMLInputElement} */ (event.target);
        attach(input.files ?? []);
        input.value = ''; // the same file can be chosen again
        document.getElementById('draft')?.focus();
      },
    }),
  );
}

export function chooseFiles() {
  /** @type {HTMLInputElement|null} */ (document.getElementById('choose-files'))?.click();
}

/** A picture from the clipboard; text that comes with it is what was meant. @param {ClipboardEvent} event */
export function onPaste(event) {
  const { files, types } = event.clipboardData ?? {};
  if (!files?.length || types?.includes('text/plain') || !mayAttach()) return;
  event.preventDefault();
  attach(files);
}

/** Files may be dropped anywhere on the page; one that is dropped beside the desk must not open instead of it. */
export function acceptDrops() {
  const carriesFiles = (/** @type {DragEvent} */ event) =>
    event.dataTransfer?.types.includes('Files') ?? false;
  const mark = (/** @type {boolean} */ on) => document.body.classList.toggle('dropping', on);
  document.addEventListener('dragover', (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    if (event.dataTransfer) event.dataTransfer.dropEffect = mayAttach() ? 'copy' : 'none';
    mark(mayAttach());
  });
  document.addEventListener('dragleave', (event) => {
    if (!event.relatedTarget) mark(false);
  });
  document.addEventListener('drop', (event) => {
    mark(false);
    if (!carriesFiles(event)) return;
    event.preventDefault();
    attach(event.dataTransfer?.files ?? []);
  });
}
