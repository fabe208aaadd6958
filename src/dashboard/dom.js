// @ts-check

/** @typedef {Node | string | null | undefined} Child */

/**
 * An element with attributes and children; text becomes text nodes, never markup.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, string | number | boolean | null | undefined>} [attributes] true is an empty attribute; false, null and undefined are left out
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export const el = (tag, attributes = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) setAttribute(node, name, value);
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
};

/**
 * @param {string} tag
 * @param {Record<string, string | number>} [attributes]
 */
export const svg = (tag, attributes = {}) => {
  const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) setAttribute(node, name, value);
  return node;
};

/**
 * Sets or removes an attribute, only where that changes anything.
 * @param {Element} node
 * @param {string} name
 * @param {string | number | boolean | null | undefined} value
 */
export const setAttribute = (node, name, value) => {
  if (value === false || value === null || value === undefined) {
    node.removeAttribute(name);
    return;
  }
  const text = value === true ? '' : String(value);
  if (node.getAttribute(name) !== text) node.setAttribute(name, text);
};

/**
 * Sets the text, only where it differs, so that what did not change is not announced or painted again.
 * @param {Node} node
 * @param {string} text
 */
export const setText = (node, text) => {
  if (node.textContent !== text) node.textContent = text;
};

/**
 * @param {HTMLElement} node
 * @param {boolean} shown
 */
export const show = (node, shown) => {
  if (node.hidden === shown) node.hidden = !shown;
};

/**
 * Brings the children of a parent into the given order, moving only what stands wrong, and keeps the focus where it was.
 * @param {Element} parent
 * @param {readonly Element[]} wanted
 */
export const arrange = (parent, wanted) => {
  const focused = /** @type {HTMLElement | null} */ (document.activeElement);
  const keep = new Set(wanted);
  for (const child of [...parent.children]) if (!keep.has(child)) child.remove();
  let position = parent.firstElementChild;
  for (const child of wanted) {
    if (child === position) position = position.nextElementSibling;
    else parent.insertBefore(child, position);
  }
  if (focused && focused !== document.activeElement && focused.isConnected) focused.focus({ preventScroll: true });
};

/**
 * A list of nodes made once per key and then brought up to date.
 * @template Item
 * @template {Element} Made
 * @param {Element} parent
 * @param {{ key: (item: Item) => string, make: (item: Item) => { node: Made, update: (item: Item) => void } }} how
 */
export const keyedList = (parent, { key, make }) => {
  /** @type {Map<string, ReturnType<typeof make>>} */
  let held = new Map();
  return {
    /** @param {readonly Item[]} items */
    update(items) {
      /** @type {typeof held} */
      const next = new Map();
      for (const item of items) {
        const id = key(item);
        const entry = held.get(id) ?? make(item);
        entry.update(item);
        next.set(id, entry);
      }
      held = next;
      arrange(
        parent,
        [...next.values()].map(({ node }) => node),
      );
    },
    /** @param {string} id */
    find: (id) => held.get(id)?.node ?? null,
  };
};
