// What is said without being asked: to screen readers, and in the corner.

import { h } from './dom.js';

/** Says something to screen readers. */
export function announce(/** @type {string} */ text) {
  const place = /** @type {HTMLElement} */ (document.getElementById('announcer'));
  place.textContent = '';
  requestAnimationFrame(() => { place.textContent = text; });
}

/** Shows a line in the corner, which screen readers say too. */
export function toast(/** @type {string} */ text, /** @type {'good' | 'bad'} */ kind = 'good') {
  const place = /** @type {HTMLElement} */ (document.getElementById('toasts'));
  const close = () => line.remove();
  const line = h(`div.toast.${kind}`, null, h('span', null, text), h('button.plain', { type: 'button', 'aria-label': 'Close this message', on: { click: close } }, '×'));
  place.append(line);
  while (place.children.length > 4) place.firstElementChild?.remove();
  setTimeout(close, kind === 'bad' ? 20000 : 6000);
}
