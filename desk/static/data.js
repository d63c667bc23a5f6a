// Keeps lists and the open conversation current: fetches what a live event touched, and no more.
import * as api from './api.js';
import { deliveryNews } from './delivery.js';
import { filesInWords } from './files.js';
import { announce } from './notices.js';
import { markSeen } from './kept.js';
import { noticeHandoffs, noticeTransfer } from './notify.js';
import { changed, isMine, listOf, mayTake, rowsOf, state } from './store.js';
import { customerName } from './words.js';

/** @typedef {import('./types.js').State} State */
/** @typedef {import('./types.js').Detail} Detail */

const COALESCE_MS = 120;
const ALWAYS_CURRENT = new Set(['waiting', 'agent']);
// What may put a promise into the list that was not in it before.
const ADDS_PROMISES = new Set(['promise', 'claimed', 'transferred']);
/** @type {import('./types.js').Change[]} */
let changes = [];

/**
 * One run at a time; asked again during a run, it runs once more afterwards.
 * @param {() => Promise<void>} task
 * @returns {() => Promise<void>}
 */
function single(task) {
  /** @type {Promise<void>|null} */
  let running = null;
  let again = false;
  const loop = async () => {
    do {
      again = false;
      await task();
    } while (again);
  };
  return () => {
    if (running) again = true;
    else
      running = loop().finally(() => {
        running = null;
      });
    return running ?? Promise.resolve();
  };
}

/** @type {Record<State, () => Promise<void>>} */
const lists = {
  waiting: single(() => loadList('waiting')),
  agent: single(() => loadList('agent')),
  bot: single(() => loadList('bot')),
  closed: single(() => loadList('closed')),
};

/** @param {State} name */
export const refreshList = (name) => lists[name]();

/** Fetches the promises that are not kept yet. */
export const refreshPromises = single(loadPromises);

/** What a tab shows. @param {import('./store.js').Tab} tab */
export const refreshTab = (tab) => (tab === 'promises' ? refreshPromises() : refreshList(listOf(tab)));

/** Fetches the open conversation again. */
export const refreshDetail = single(loadDetail);

/** Everything on screen, after a break or a return to the page. */
export function refreshAll() {
  state.lists.bot.stale = true;
  state.lists.closed.stale = true;
  const shown = new Set(ALWAYS_CURRENT);
  if (state.tab !== 'promises') shown.add(listOf(state.tab));
  return Promise.all([
    ...[...shown].map((name) => refreshList(/** @type {State} */ (name))),
    refreshPromises(),
    refreshMe(),
    state.route.id ? refreshDetail() : null,
  ]);
}

/** @param {State} name */
async function loadList(name) {
  const list = state.lists[name];
  try {
    list.rows = (await api.conversations(name)).conversations;
    Object.assign(list, { loaded: true, stale: false, error: null });
    if (name === 'waiting') noticeHandoffs(list.rows);
  } catch (error) {
    list.error = /** @type {Error} */ (error).message;
  }
  changed('queue');
}

async function loadPromises() {
  const list = state.promises;
  try {
    const { promises: rows, more } = await api.openPromises();
    Object.assign(list, { rows, more, loaded: true, stale: false, error: null });
  } catch (error) {
    list.error = /** @type {Error} */ (error).message;
  }
  changed('queue');
}

/** Takes in who is logged in, and what goes for all. @param {api.Me} session */
export function takeSession({ csrf, agent, files, time_zone, slack }) {
  api.useToken(csrf);
  Object.assign(state, { me: agent, files, timeZone: time_zone, slack });
}

export async function refreshMe() {
  try {
    takeSession(await api.me());
    changed('me', 'queue', 'conversation');
  } catch {
    // Unreachable: the connection indicator says so. Signed out: the login page is already shown.
  }
}

async function loadDetail() {
  const { id } = state.route;
  if (!id) return;
  try {
    show(await api.conversation(id));
  } catch (error) {
    if (state.route.id !== id) return;
    // A customer who was forgotten leaves nothing on the screen either.
    if (/** @type {api.ApiError} */ (error).code === 'not_found') state.detail = null;
    state.detailError = /** @type {Error} */ (error).message;
    changed('conversation');
  }
}

/** Takes in a conversation as the server gave it. @param {Detail} detail */
export function show(detail) {
  if (detail.conversation.id !== state.route.id) return;
  const before = state.detail?.conversation.id === detail.conversation.id ? state.detail : null;
  if (before) announceNew(before, detail);
  state.detail = detail;
  state.detailError = null;
  seeOpen();
  changed('conversation', 'queue');
}

/** The open conversation counts as read while somebody can look at it. */
export function seeOpen() {
  const row = state.detail?.conversation;
  if (row && !document.hidden) markSeen(row.id, row.last_at);
}

/** @param {Detail} before @param {Detail} after */
function announceNew(before, after) {
  const last = lastSeq(before);
  for (const message of after.messages.filter(({ seq }) => seq > last)) {
    if (message.agent && message.agent.id === state.me?.id) continue;
    if (message.author === 'customer') state.typing = null;
    const said = [message.text, filesInWords(message.files)].filter(Boolean).join('. ');
    announce(`${authorWords(message, after)}: ${said}`);
  }
  const known = new Map(before.messages.map((message) => [message.seq, message]));
  for (const message of after.messages) {
    const news = deliveryNews(known.get(message.seq), message);
    if (news) announce(news);
  }
}

/** @param {Detail} detail @returns {number} */
export const lastSeq = (detail) => detail.messages.at(-1)?.seq ?? 0;

/** @param {import('./types.js').Message} message @param {Detail} detail @returns {string} */
export function authorWords(message, detail) {
  if (message.author === 'customer') return customerName(detail.customer);
  if (message.author === 'bot') return 'Bot';
  if (message.author === 'system') return 'Notice';
  const name = message.agent?.id === state.me?.id ? 'You' : (message.agent?.name ?? 'Agent');
  return message.author === 'note' ? `Internal note, ${name}` : name;
}

/**
 * A live event: what it touched is fetched once for all events of a moment.
 * @param {import('./types.js').Change} change
 */
export function onChange(change) {
  if (!changes.length) setTimeout(applyChanges, COALESCE_MS);
  changes.push(change);
}

function applyChanges() {
  const batch = changes;
  changes = [];
  const touched = new Set(batch.map(({ conversation }) => conversation));
  for (const [name, list] of /** @type {[State, import('./store.js').List][]} */ (
    Object.entries(state.lists)
  )) {
    // A threat while somebody has it puts it into the list of what waits for a lead.
    const joined = batch.some(
      (change) => change.state === name || (name === 'waiting' && change.kind === 'raised'),
    );
    if (!joined && !list.rows.some(({ id }) => touched.has(id))) continue;
    const shown = state.tab !== 'promises' && name === listOf(state.tab);
    if (ALWAYS_CURRENT.has(name) || shown) refreshList(name);
    else list.stale = true;
  }
  if (
    batch.some(({ kind }) => ADDS_PROMISES.has(kind)) ||
    state.promises.rows.some(({ conversation }) => touched.has(conversation))
  )
    refreshPromises();
  if (state.route.id && touched.has(state.route.id)) refreshDetail();
  for (const change of batch) {
    if (change.kind === 'transferred' && change.to === state.me?.id) tellTransfer(change);
  }
}

/** @param {import('./types.js').Change} change */
async function tellTransfer(change) {
  await refreshList('agent');
  const row = state.lists.agent.rows.find(({ id }) => id === change.conversation);
  if (row && isMine(row)) noticeTransfer(row, change);
}

/** The first one in the queue this agent may take, other than the open one. */
export const nextWaiting = () =>
  rowsOf('waiting').find((row) => row.id !== state.route.id && !row.alarm && mayTake(row)) ?? null;
