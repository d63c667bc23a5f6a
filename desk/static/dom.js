// A declarative view in a hundred lines: views return plain descriptions, `render` makes the page
// match them. Text always becomes a text node, so nothing a customer writes can turn into markup.

/**
 * @typedef {object} VNode
 * @property {string} tag '#text' for text, '#node' for an element somebody else looks after
 * @property {string|number|null} key
 * @property {Record<string, any>} props
 * @property {(VNode|null)[]} children
 * @property {string} text
 * @property {any} el
 */
/** @typedef {VNode|Node|string|number|null|undefined|false|any[]} Child */

const SVG_NS = 'http://www.w3.org/2000/svg';
const SVG_TAGS = new Set(['svg', 'path', 'circle', 'rect']);
const PROPERTIES = new Set(['value', 'checked', 'open']);
const SAFE_LINK = /^(https?:|mailto:|tel:|\/|#)/i;
/** @type {WeakMap<Node, (VNode|null)[]>} */
const rendered = new WeakMap();

/**
 * Describes an element. Lists need a `key` on every item; `null` and `false` leave a gap.
 * @param {string} tag
 * @param {Record<string, any>|null} [props] attributes, `on…` handlers, `key`, `ref(el)` called once
 * @param {...Child} children
 * @returns {VNode}
 */
export function h(tag, props, ...children) {
  const { key = null, ...rest } = props ?? {};
  return { tag, key, props: rest, children: flatten(children), text: '', el: null };
}

/**
 * Makes the children of `parent` match; elements with the same key (or place) and tag are kept,
 * with their focus, selection and scroll position.
 * @param {Element} parent
 * @param {...Child} children
 */
export function render(parent, ...children) {
  const focused = /** @type {HTMLElement|null} */ (document.activeElement);
  const next = flatten(children);
  if (!rendered.has(parent)) parent.replaceChildren();
  patchChildren(parent, rendered.get(parent) ?? [], next);
  rendered.set(parent, next);
  if (focused && focused !== document.activeElement && parent.contains(focused)) {
    focused.focus({ preventScroll: true });
  }
}

/** @param {...(string|false|null|undefined)} names @returns {string} */
export const classes = (...names) => names.filter(Boolean).join(' ');

/** @param {Child[]} children @returns {(VNode|null)[]} */
function flatten(children) {
  return children.flat(Infinity).map((child) => {
    if (child === null || child === undefined || child === false || child === '') return null;
    const base = { key: null, props: {}, children: [], text: '', el: null };
    if (child instanceof Node) return { ...base, tag: '#node', el: child };
    if (typeof child === 'object') return /** @type {VNode} */ (child);
    return { ...base, tag: '#text', text: String(child) };
  });
}

/** @param {Node} parent @param {(VNode|null)[]} old @param {(VNode|null)[]} next */
function patchChildren(parent, old, next) {
  const keyed = new Map();
  /** @type {(VNode|null)[]} */
  const loose = [];
  for (const node of old) {
    if (node && node.key !== null) keyed.set(node.key, node);
    else loose.push(node);
  }
  const kept = new Set();
  let place = 0;
  for (const node of next) {
    const before = node && node.key !== null ? keyed.get(node.key) : loose[place++];
    if (!node) continue;
    if (before && before.tag === node.tag && !kept.has(before) && sameNode(before, node)) {
      kept.add(before);
      if (before !== node) update(before, node);
    } else {
      create(node);
    }
  }
  for (const node of old) if (node && !kept.has(node)) node.el.remove();
  arrange(parent, next);
}

/** @param {VNode} before @param {VNode} node */
const sameNode = (before, node) => node.tag !== '#node' || before.el === node.el;

/** @param {Node} parent @param {(VNode|null)[]} next */
function arrange(parent, next) {
  let cursor = parent.firstChild;
  for (const node of next) {
    if (!node) continue;
    // One element that moved down: move that one, not all those it passed (they would lose focus).
    if (cursor && cursor !== node.el && cursor.nextSibling === node.el) {
      parent.appendChild(cursor);
      cursor = node.el;
    }
    if (cursor === node.el) cursor = node.el.nextSibling;
    else parent.insertBefore(node.el, cursor);
  }
}

/** @param {VNode} node */
function create(node) {
  if (node.tag === '#node') return;
  if (node.tag === '#text') {
    node.el = document.createTextNode(node.text);
    return;
  }
  node.el = SVG_TAGS.has(node.tag)
    ? document.createElementNS(SVG_NS, node.tag)
    : document.createElement(node.tag);
  patchChildren(node.el, [], node.children);
  for (const [name, value] of Object.entries(node.props)) setProp(node.el, name, value, undefined);
  node.props.ref?.(node.el);
}

/** @param {VNode} before @param {VNode} node */
function update(before, node) {
  node.el = before.el;
  if (node.tag === '#node') return;
  if (node.tag === '#text') {
    if (before.text !== node.text) node.el.data = node.text;
    return;
  }
  patchChildren(node.el, before.children, node.children);
  for (const name of Object.keys(before.props)) {
    if (!(name in node.props)) setProp(node.el, name, null, before.props[name]);
  }
  for (const [name, value] of Object.entries(node.props)) {
    setProp(node.el, name, value, before.props[name]);
  }
}

/** @param {any} el @param {string} name @param {any} value @param {any} old */
function setProp(el, name, value, old) {
  if (value === old || name === 'ref') return;
  if (name.startsWith('on')) el[name] = value ?? null;
  else if (PROPERTIES.has(name)) el[name] = value ?? '';
  else if (name === 'href' && !SAFE_LINK.test(String(value))) el.removeAttribute(name);
  else if (value === null || value === undefined) el.removeAttribute(name);
  else if (name.startsWith('aria-')) el.setAttribute(name, String(value));
  else if (value === false) el.removeAttribute(name);
  else el.setAttribute(name, value === true ? '' : String(value));
}
