// The bar at the top: connection, sound, notifications, help, status, the agent's own menu.
import * as api from './api.js';
import { h, render } from './dom.js';
import { icon } from './icons.js';
import { showHelp } from './help.js';
import { linkSlack } from './linking.js';
import { toast, toastError } from './notices.js';
import { allowNotifications, notificationState, soundOn, toggleSound } from './notify.js';
import { changed, state } from './store.js';

const CONNECTION = {
  live: { word: 'Live', hint: 'Connected. Everything you see is current.' },
  connecting: { word: 'Connecting…', hint: 'The connection is being made again. Nothing is lost.' },
  offline: { word: 'Offline', hint: 'This computer has no network. Nothing is lost.' },
};

/** @param {Element} root @param {() => void} onLogout */
export function drawBar(root, onLogout) {
  const { me } = state;
  if (!me) return;
  render(
    root,
    h(
      'a',
      { class: 'brand', href: '#/', 'aria-label': 'Desk, to the queue' },
      h('img', { src: '/desk/static/icon.svg', alt: '', width: 28, height: 28 }),
      h('span', null, 'Desk'),
    ),
    connection(),
    h(
      'div',
      { class: 'bar-tools' },
      soundButton(),
      notificationButton(),
      h(
        'button',
        { type: 'button', class: 'tool', onclick: showHelp, title: 'Keyboard shortcuts (?)' },
        h('span', { class: 'glyph', 'aria-hidden': 'true' }, '?'),
        h('span', { class: 'unseen' }, 'Help and keyboard shortcuts'),
      ),
      statusSwitch(me),
      ownMenu(me, onLogout),
    ),
  );
}

/** @param {import('./types.js').Agent} me @param {() => void} onLogout */
function ownMenu(me, onLogout) {
  const role = me.role === 'agent' ? '' : me.role;
  return h(
    'div',
    null,
    h(
      'button',
      {
        type: 'button',
        class: 'tool',
        popovertarget: 'own-menu',
        'aria-label': `${[me.name, role].filter(Boolean).join(' ')}, your menu`,
      },
      icon('person'),
      h('span', { class: 'who' }, h('b', null, me.name), role),
      icon('open'),
    ),
    h(
      'div',
      { id: 'own-menu', class: 'menu', popover: 'auto' },
      state.slack ? menuItem('Link Slack', linkSlack) : null,
      menuItem('Log out', onLogout),
    ),
  );
}

/** @param {string} words @param {() => void} action */
const menuItem = (words, action) =>
  h(
    'button',
    {
      type: 'button',
      key: words,
      onclick: () => {
        // First, so that the focus is back where a dialog is to return it to.
        document.getElementById('own-menu')?.hidePopover();
        action();
      },
    },
    words,
  );

function connection() {
  const { word, hint } = CONNECTION[state.connection];
  return h(
    'p',
    { class: `connection ${state.connection}`, role: 'status', title: hint },
    h('span', { class: 'lamp', 'aria-hidden': 'true' }),
    h('span', { class: 'connection-word' }, word),
  );
}

function soundButton() {
  const on = soundOn();
  return h(
    'button',
    {
      type: 'button',
      class: 'tool',
      'aria-pressed': on,
      onclick: toggleSound,
      title: on ? 'Sound is on for new handoffs' : 'Turn on a soft sound for new handoffs',
    },
    icon(on ? 'sound' : 'mute'),
    h('span', { class: 'tool-word' }, on ? 'Sound on' : 'Turn on sound'),
  );
}

function notificationButton() {
  const permission = notificationState();
  if (permission === 'granted' || permission === 'unsupported') return null;
  const ask = () => {
    if (permission === 'denied')
      toast(
        'This browser blocks notifications for the desk. You can allow them in the site settings beside the address.',
      );
    else allowNotifications();
  };
  return h(
    'button',
    { type: 'button', class: 'tool', onclick: ask, title: 'Show a notification for new handoffs' },
    icon('bell'),
    h('span', { class: 'tool-word' }, 'Notify me'),
  );
}

/** @param {import('./types.js').Agent} me */
function statusSwitch(me) {
  const online = me.status === 'online';
  return h(
    'button',
    {
      type: 'button',
      class: `status ${me.status}`,
      role: 'switch',
      'aria-checked': online,
      'aria-label': 'Online, taking conversations',
      onclick: () => setStatus(online ? 'away' : 'online'),
      title: online
        ? 'You are online. Click to go away.'
        : 'You are away: no notifications. Click to come back.',
    },
    h('span', { class: 'knob', 'aria-hidden': 'true' }),
    online ? 'Online' : 'Away',
  );
}

/** @param {'online'|'away'} status */
async function setStatus(status) {
  try {
    await api.setStatus(status);
    if (state.me) state.me = { ...state.me, status };
    changed('me');
    toast(
      status === 'away'
        ? 'You are away now. New handoffs stay quiet until you are back.'
        : 'Welcome back. You are online.',
    );
  } catch (error) {
    toastError(error);
  }
}
