// Keyboard shortcuts, outside of text fields and dialogs.
import { chooseFiles } from './attachments.js';
import { insertArticle, insertCanned, setMode } from './composer.js';
import { closeConversation, handBack, takeOver, transfer } from './conversation.js';
import { showHelp, singleKeysOn } from './help.js';
import { addPromise } from './promises.js';
import { moveInQueue, openTab, TABS } from './queue.js';
import { state } from './store.js';

const SWITCH_MS = 60;

/** @type {Record<string, () => void>} */
const ANYWHERE = {
  j: () => moveInQueue(1),
  k: () => moveInQueue(-1),
  '?': showHelp,
  ...Object.fromEntries(TABS.map(({ tab }, index) => [String(index + 1), () => openTab(tab)])),
};

/** @type {Record<string, () => void>} */
const IN_CONVERSATION = {
  t: takeOver,
  r: () => setMode('reply'),
  n: () => setMode('note'),
  c: insertCanned,
  a: insertArticle,
  f: chooseFiles,
  p: addPromise,
  x: transfer,
  b: handBack,
  e: closeConversation,
  s: toStory,
};

/** @param {() => boolean} isOn whether the desk is shown */
export function startKeys(isOn) {
  document.addEventListener('keydown', (event) => {
    if (
      !isOn() ||
      !singleKeysOn() ||
      event.ctrlKey ||
      event.metaKey ||
      event.altKey ||
      (event.repeat && !'jk'.includes(event.key))
    )
      return;
    const target = /** @type {HTMLElement} */ (event.target);
    if (target.closest('input, textarea, select, dialog')) return;
    const action = ANYWHERE[event.key] ?? (state.detail ? IN_CONVERSATION[event.key] : undefined);
    if (!action) return;
    event.preventDefault();
    action();
  });
}

function toStory() {
  const behind = /** @type {HTMLElement|null} */ (document.querySelector('.details'))?.offsetParent === null;
  if (behind) location.hash = `#/c/${encodeURIComponent(state.route.id ?? '')}/details`;
  setTimeout(
    () =>
      /** @type {HTMLElement|null} */ (
        document.querySelector('.details .line-evidence') ?? document.querySelector('.details h2')
      )?.focus(),
    behind ? SWITCH_MS : 0,
  );
}
