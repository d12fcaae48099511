// Elements of text and attributes. Nothing here, and nothing in the pages, makes markup of text: what a model, a data set or a person wrote is only ever text.

/** @typedef {Node | string | number | null | undefined | false} Child */
/** @typedef {Record<string, string | number | boolean | null | undefined | Record<string, (event: any) => unknown>>} Attributes */

/**
 * Makes an element.
 * @param {string} tag Name, with classes after dots: `div.card.wide`.
 * @param {Attributes | null} [attributes] `on: {click: f}` listens; true sets an empty attribute; false, null and undefined set none. Addresses stay inside this site.
 * @param {...(Child | Child[])} children Text is text. null, undefined and false are left out.
 * @returns {any} The element.
 */
export function h(tag, attributes, ...children) {
  const [name, ...classes] = tag.split('.');
  const element = document.createElement(name);
  if (classes.length) element.className = classes.join(' ');
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key === 'on') {
      for (const [event, listener] of Object.entries(/** @type {Record<string, (event: any) => unknown>} */ (value))) element.addEventListener(event, listener);
    } else if (key.startsWith('on') || key === 'style' || key === 'srcdoc') {
      throw new Error(`${key} is not set as an attribute`);
    } else if ((key === 'href' || key === 'src') && !/^#|^\/(?![/\\])|^blob:/.test(String(value))) {
      throw new Error(`${key} leads out of this site`);
    } else if (key === 'class') {
      element.className = [...classes, String(value)].join(' ');
    } else if (key === 'value' && 'value' in element) {
      /** @type {any} */ (element).value = value;
    } else {
      element.setAttribute(key, value === true ? '' : String(value));
    }
  }
  add(element, children);
  return element;
}

/**
 * Adds children, in order.
 * @param {Node} parent
 * @param {(Child | Child[])[]} children
 */
export function add(parent, children) {
  for (const child of /** @type {Child[]} */ (children.flat(9))) {
    if (child === null || child === undefined || child === false) continue;
    parent.appendChild(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

/**
 * Puts children in the place of whatever an element holds.
 * @param {Element} parent
 * @param {...(Child | Child[])} children
 */
export function fill(parent, ...children) {
  parent.replaceChildren();
  add(parent, children);
}

/** Text that changes only where it differs, so that screen readers and selections are left alone. */
export function setText(/** @type {Node} */ element, /** @type {string} */ text) {
  if (element.textContent !== text) element.textContent = text;
}

let ids = 0;

/** An id that no other element has. */
export function newId(/** @type {string} */ prefix = 'i') {
  return `${prefix}-${++ids}`;
}

/**
 * Where a page is: the pages above it, from the top.
 * @param {...[title: string, address: string]} pages
 */
export function crumbs(...pages) {
  return h('nav.crumbs', { 'aria-label': 'Where this is' }, pages.map(([title, address], n) => [n ? ' / ' : null, h('a', { href: address }, title)]));
}
