// What the page knows, in one place, and who redraws when a part of it changes.

/** @typedef {import('./types.js').State} State */
/** @typedef {'waiting'|'mine'|'agent'|'bot'|'closed'|'promises'} Tab */
/** @typedef {'me'|'queue'|'conversation'|'draft'|'connection'|'route'} Topic */
/** @typedef {import('./types.js').OpenPromise} OpenPromise */
/** @typedef {{loaded: boolean, stale: boolean, error: string|null}} Loading */
/** @typedef {Loading & {rows: import('./types.js').Row[]}} List */

const emptyList = () => ({ rows: [], loaded: false, stale: true, error: null });

const fresh = () => ({
  /** @type {import('./types.js').Agent|null} */
  me: null,
  /** @type {import('./types.js').FileLimits|null} what may be attached */
  files: null,
  /** of the business, an IANA name */
  timeZone: 'UTC',
  /** whether agents may work in Slack */
  slack: false,
  /** @type {'live'|'connecting'|'offline'} */
  connection: 'connecting',
  /** @type {Tab} */
  tab: 'waiting',
  /** @type {Record<State, List>} */
  lists: { waiting: emptyList(), agent: emptyList(), bot: emptyList(), closed: emptyList() },
  /** @type {Loading & {rows: OpenPromise[], more: boolean}} those not kept yet */
  promises: { ...emptyList(), more: false },
  /** @type {{id: string|null, details: boolean}} */
  route: { id: null, details: false },
  /** @type {import('./types.js').Detail|null} the open conversation */
  detail: null,
  /** @type {string|null} why the open conversation could not be loaded */
  detailError: null,
  /** @type {string|null} a refusal, in the server's words */
  banner: null,
  /** @type {{author: string, until: number}|null} */
  typing: null,
  /** @type {Set<number>} messages a summary line was drawn from, highlighted now */
  highlighted: new Set(),
});

export const state = fresh();

/** @type {{topics: Set<Topic>, redraw: () => void}[]} */
let watchers = [];
/** @type {Set<Topic>} */
let dirty = new Set();

/**
 * Calls `redraw` after any of the topics changed, once for all changes of one task.
 * @param {Topic[]} topics
 * @param {() => void} redraw
 */
export function watch(topics, redraw) {
  watchers.push({ topics: new Set(topics), redraw });
}

/** @param {...Topic} topics */
export function changed(...topics) {
  if (!dirty.size) queueMicrotask(flush);
  for (const topic of topics) dirty.add(topic);
}

/** Forgets everything, after logging out. */
export function reset() {
  Object.assign(state, fresh());
  watchers = [];
}

function flush() {
  const topics = dirty;
  dirty = new Set();
  for (const watcher of watchers) {
    if ([...topics].some((topic) => watcher.topics.has(topic))) watcher.redraw();
  }
}

/** @param {{owner: import('./types.js').Person|null, state: State}} row */
export const isMine = (row) => row.state === 'agent' && row.owner?.id === state.me?.id;

/** @param {{role: import('./types.js').Role}|null} agent */
export const leads = (agent) => agent?.role !== 'agent';

/**
 * Whether this agent may take it: what is routed to a lead is a lead's.
 * @param {{routed_to: string|null}} row
 */
export const mayTake = (row) => row.routed_to !== 'lead' || leads(state.me);

/** @typedef {Exclude<Tab, 'promises'>} ConversationTab */

/** The state whose list a tab shows. @param {ConversationTab} tab @returns {State} */
export const listOf = (tab) => (tab === 'mine' ? 'agent' : tab);

/** @param {ConversationTab} tab @returns {import('./types.js').Row[]} */
export function rowsOf(tab) {
  const { rows } = state.lists[listOf(tab)];
  return tab === 'mine' ? rows.filter(isMine) : rows;
}
