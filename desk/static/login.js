// The login page.
import * as api from './api.js';
import { h, render } from './dom.js';

const form = { busy: false, error: '', until: 0, reason: '' };
/** @type {Element} */
let root;
/** @type {(session: api.Me) => void} */
let onLogin;
let ticking = 0;

/**
 * @param {Element} element
 * @param {string} reason why the agent sees this page, if not asked for
 * @param {typeof onLogin} done
 */
export function showLogin(element, reason, done) {
  root = element;
  onLogin = done;
  Object.assign(form, { busy: false, error: '', reason });
  document.title = 'Log in · Warmline';
  draw();
  root.querySelector('input')?.focus();
}

function draw() {
  const wait = Math.max(0, Math.ceil((form.until - Date.now()) / 1000));
  const error = wait
    ? `Too many tries. Please wait ${wait < 90 ? `${wait} s` : `${Math.ceil(wait / 60)} minutes`} and try again.`
    : form.error;
  render(
    root,
    h(
      'main',
      { class: 'login', key: 'login' },
      h(
        'div',
        { class: 'login-card' },
        h('img', { src: '/desk/static/icon.svg', alt: '', width: 48, height: 48 }),
        h('h1', null, 'Welcome to the desk'),
        h(
          'p',
          { class: 'muted' },
          form.reason || 'Where customers meet a person who already knows their story.',
        ),
        h(
          'form',
          { onsubmit: submit, novalidate: true },
          field('name', 'Name', 'text', 'username', error),
          field('password', 'Password', 'password', 'current-password', error),
          h('p', { id: 'login-error', class: 'field-error', role: 'alert' }, error),
          h(
            'button',
            { class: 'primary wide', disabled: form.busy || wait > 0 },
            form.busy ? 'Logging in…' : 'Log in',
          ),
        ),
      ),
    ),
  );
}

/**
 * @param {string} name
 * @param {string} label
 * @param {string} type
 * @param {string} autocomplete
 * @param {string} error
 */
const field = (name, label, type, autocomplete, error) =>
  h(
    'label',
    { class: 'field' },
    h('span', null, label),
    h('input', {
      name,
      type,
      autocomplete,
      required: true,
      autocapitalize: 'none',
      spellcheck: 'false',
      'aria-describedby': 'login-error',
      'aria-invalid': error ? 'true' : null,
    }),
  );

/** @param {SubmitEvent} event */
async function submit(event) {
  event.preventDefault();
  const data = new FormData(/** @type {HTMLFormElement} */ (event.target));
  const name = String(data.get('name')).trim();
  const password = String(data.get('password'));
  if (form.busy || Date.now() < form.until) return;
  if (!name || !password) {
    form.error = 'Please fill in your name and your password.';
    draw();
    /** @type {HTMLElement|null} */ (root.querySelector(name ? '[name=password]' : '[name=name]'))?.focus();
    return;
  }
  form.busy = true;
  form.error = '';
  draw();
  try {
    onLogin(await api.login(name, password));
  } catch (error) {
    refused(/** @type {api.ApiError} */ (error));
  }
}

/** @param {api.ApiError} error */
function refused(error) {
  form.busy = false;
  form.error = error.message;
  if (error.status === 429) {
    form.until = Date.now() + (error.retryAfter || 30) * 1000;
    clearInterval(ticking);
    ticking = setInterval(() => {
      if (Date.now() >= form.until) {
        clearInterval(ticking);
        form.error = '';
      }
      if (root.querySelector('.login')) draw();
    }, 1000);
  }
  draw();
  if (error.status !== 401) return;
  const password = /** @type {HTMLInputElement|null} */ (root.querySelector('[name=password]'));
  password?.focus();
  password?.select();
}
