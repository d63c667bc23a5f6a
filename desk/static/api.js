// The desk's HTTP interface, one function an address.

/** @typedef {import('./types.js').Detail} Detail */
/**
 * @typedef {object} Me
 * @property {string} csrf
 * @property {import('./types.js').Agent} agent
 * @property {import('./types.js').FileLimits} files
 * @property {string} time_zone of the business, an IANA name
 * @property {boolean} slack whether agents may work there
 */

const TIMEOUT_MS = 20_000;

/** A refusal or a failure, with words fit for the agent. */
export class ApiError extends Error {
  /**
   * @param {number} status 0 when nothing came back
   * @param {string} code
   * @param {string} message
   * @param {number} retryAfter seconds
   */
  constructor(status, code, message, retryAfter = 0) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }

  /** Whether the same request may well succeed a little later. */
  get temporary() {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

let csrf = '';
let onSignedOut = () => {};

/** @param {() => void} callback called when the server no longer knows the session */
export function whenSignedOut(callback) {
  onSignedOut = callback;
}

/** @param {string} token sent with every change */
export function useToken(token) {
  csrf = token;
}

/**
 * @param {string} method
 * @param {string} path
 * @param {object} [body]
 * @returns {Promise<any>} the answer, `null` for an empty one
 * @throws {ApiError}
 */
async function call(method, path, body) {
  const response = await send(method, path, body);
  if (response.status === 204) return null;
  const text = await response.text().catch(() => '');
  const answer = parse(text);
  if (response.ok) return answer;
  if (response.status === 401 && path !== '/desk/login') onSignedOut();
  throw refusal(response.status, answer, Number(response.headers.get('Retry-After')) || 0);
}

/** @param {number} status @param {any} answer @param {number} [retryAfter] */
function refusal(status, answer, retryAfter) {
  const { code = 'unexpected', message = 'Something went wrong on the server. Please try again.' } =
    answer?.error ?? {};
  return new ApiError(status, code, message, retryAfter);
}

/** @param {string} method @param {string} path @param {object} [body] */
async function send(method, path, body) {
  /** @type {Record<string, string>} */
  const headers = { Accept: 'application/json' };
  if (body) headers['Content-Type'] = 'application/json';
  if (method !== 'GET') headers['X-CSRF-Token'] = csrf;
  try {
    return await fetch(path, {
      method,
      headers,
      body: body && JSON.stringify(body),
      credentials: 'same-origin',
      cache: 'no-store',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch {
    throw new ApiError(0, 'unreachable', 'The desk cannot reach the server just now.');
  }
}

/** @param {string} text */
function parse(text) {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}

/** @param {string} id @param {string} [rest] */
const at = (id, rest = '') => `/desk/api/conversations/${encodeURIComponent(id)}${rest}`;

/**
 * @param {string} name
 * @param {string} password
 * @returns {Promise<Me>}
 */
export const login = (name, password) => call('POST', '/desk/login', { name, password });
export const logout = () => call('POST', '/desk/logout', {});
/** @returns {Promise<Me>} */
export const me = () => call('GET', '/desk/api/me');
/** @param {'online'|'away'} status */
export const setStatus = (status) => call('POST', '/desk/api/me/status', { status });
/** @returns {Promise<{linked_by: 'code'|'email'|null}>} */
export const slackLink = () => call('GET', '/desk/api/me/link');
/** @returns {Promise<{code: string, minutes: number}>} */
export const newLinkCode = () => call('POST', '/desk/api/me/link-code', {});
/** @returns {Promise<{agents: import('./types.js').Colleague[]}>} */
export const colleagues = () => call('GET', '/desk/api/agents');

/** @param {string} state @returns {Promise<{conversations: import('./types.js').Row[]}>} */
export const conversations = (state) => call('GET', `/desk/api/conversations?state=${state}`);
/** @returns {Promise<{promises: import('./types.js').OpenPromise[], more: boolean}>} */
export const openPromises = () => call('GET', '/desk/api/promises');
/** @param {string} id @returns {Promise<Detail>} */
export const conversation = (id) => call('GET', at(id));
/** @param {string} id @returns {Promise<Detail>} */
export const claim = (id) => call('POST', at(id, '/claim'), {});
/**
 * @param {string} id
 * @param {string} client_id
 * @param {string} text
 * @param {string[]} files ids
 * @returns {Promise<{seq: number}>}
 */
export const sendMessage = (id, client_id, text, files) =>
  call('POST', at(id, '/messages'), { client_id, text, files });
/** @param {string} id @param {number} seq */
export const retryDelivery = (id, seq) => call('POST', at(id, `/messages/${seq}/retry`), {});
/** @param {string} id @param {string} client_id @param {string} text @returns {Promise<{seq: number}>} */
export const sendNote = (id, client_id, text) => call('POST', at(id, '/notes'), { client_id, text });
/**
 * Uploads a file; `fetch` cannot tell how far it has come.
 * @param {string} id
 * @param {File} file
 * @param {(share: number) => void} onProgress 0 to 1
 * @returns {{answer: Promise<import('./types.js').Attached>, stop: () => void}} rejects with an `ApiError`
 */
export function uploadFile(id, file, onProgress) {
  const request = new XMLHttpRequest();
  const answer = new Promise((resolve, reject) => {
    request.upload.onprogress = ({ loaded, total }) => onProgress(total ? loaded / total : 0);
    request.onload = () => {
      const body = parse(request.responseText);
      if (request.status === 201) resolve(body);
      else reject(refusal(request.status, body));
      if (request.status === 401) onSignedOut();
    };
    request.onerror = () => reject(new ApiError(0, 'unreachable', 'The upload broke off.'));
    request.onabort = request.onerror;
  });
  request.open('POST', `${at(id, '/files')}?${new URLSearchParams({ name: file.name })}`);
  request.setRequestHeader('X-CSRF-Token', csrf);
  request.setRequestHeader('Content-Type', file.type || 'application/octet-stream');
  request.send(file);
  return { answer, stop: () => request.abort() };
}
/** @param {string} id */
export const sendTyping = (id) => call('POST', at(id, '/typing'), {});
/** @param {string} id @param {{note: string, seen: number}} body @returns {Promise<Detail>} */
export const handBack = (id, body) => call('POST', at(id, '/hand-back'), body);
/** @param {string} id @param {{outcome: string, note: string, seen: number}} body @returns {Promise<Detail>} */
export const close = (id, body) => call('POST', at(id, '/close'), body);
/** @param {string} id @param {number|'leads'} to @param {string} note @returns {Promise<Detail>} */
export const transfer = (id, to, note) => call('POST', at(id, '/transfer'), { to, note });
/**
 * @param {string} id
 * @param {string} text
 * @param {string} due_at a time in the business's zone
 * @returns {Promise<{id: number}>}
 */
export const promise = (id, text, due_at) => call('POST', at(id, '/promises'), { text, due_at });
/** @param {string} id @param {number} promise */
export const keepPromise = (id, promise) => call('POST', at(id, `/promises/${promise}/kept`), {});
/** @param {string} id @param {string} topic @param {string} text */
export const editSummary = (id, topic, text) => call('PATCH', at(id, '/summary'), { topic, text });
/**
 * @param {string|number} id
 * @param {{name?: string, email?: string, phone?: string}} fields
 */
export const editCustomer = (id, fields) =>
  call('PATCH', `/desk/api/customers/${encodeURIComponent(id)}`, fields);

/** @param {string|number} id @param {string} q @returns {Promise<{customers: import('./types.js').Alike[]}>} */
export const alike = (id, q) => call('GET', `/desk/api/customers/${id}/alike?${new URLSearchParams({ q })}`);
/** @param {string|number} id @param {string} other */
export const joinCustomers = (id, other) => call('POST', `/desk/api/customers/${id}/join`, { other });

/** @param {string} language @returns {Promise<{replies: import('./types.js').CannedReply[]}>} */
export const canned = (language) => call('GET', `/desk/api/canned?language=${language}`);
/** @param {string} q @param {string} language @returns {Promise<{articles: import('./types.js').Article[]}>} */
export const articles = (q, language) =>
  call('GET', `/desk/api/articles?${new URLSearchParams({ q, language })}`);
/** @param {string} text @param {string} language @returns {Promise<{findings: import('./types.js').Finding[]}>} */
export const tone = (text, language) => call('POST', '/desk/api/tone', { text, language });
