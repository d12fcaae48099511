// Questions that must be answered before anything else goes on. The browser's own dialog keeps the focus inside, closes on Escape, and gives the focus back.

import { add, fill, h, newId } from './dom.js';
import { messageOf } from './states.js';

/**
 * @typedef {object} Question
 * @property {string} title
 * @property {import('./dom.js').Child[]} body What will change, in words; inputs with a `name` are handed to `act`.
 * @property {string} action What the button says: a verb.
 * @property {boolean} [isDanger] True for what cannot be undone.
 * @property {boolean} [isWide]
 * @property {string} [dismiss] What the other button says.
 * @property {string} [type] Text that must be typed before the button works.
 * @property {(form: FormData) => Promise<unknown>} act Does it. The dialog stays open, and says why, where it throws.
 */

/**
 * Asks, and does it when told to.
 * @param {Question} question
 * @returns {Promise<any>} What `act` returned (true for nothing); null where the question was dismissed.
 */
export function ask(question) {
  const title = newId('title');
  const problem = h('div', { 'aria-live': 'assertive' });
  const go = h(`button.${question.isDanger ? 'danger' : 'primary'}`, { type: 'submit', disabled: Boolean(question.type) }, question.action);
  const stop = h('button', { type: 'button', on: { click: () => dialog.close() } }, question.dismiss ?? 'Keep as it is');
  const form = h('form', { method: 'dialog' }, h('h2', { id: title }, question.title));
  add(form, question.body);
  if (question.type) {
    const typed = h('input', { autocomplete: 'off', spellcheck: 'false', on: { input: () => { go.disabled = typed.value.trim() !== question.type; } } });
    form.append(h('label.field', null, h('span', null, `Type ${question.type} to go on`), typed));
  }
  form.append(problem, h('div.actions', null, stop, go));
  const dialog = h('dialog', { 'aria-labelledby': title, class: question.isWide ? 'wide' : '' }, form);
  document.body.append(dialog);
  return new Promise((resolve) => {
    /** @type {any} */
    let result = null;
    form.addEventListener('submit', async (/** @type {Event} */ event) => {
      event.preventDefault();
      if (go.disabled) return;
      go.disabled = true;
      go.setAttribute('aria-busy', 'true');
      fill(problem);
      try {
        result = (await question.act(new FormData(form))) ?? true;
        dialog.close();
      } catch (error) {
        fill(problem, h('p.problem', null, messageOf(error)));
        go.disabled = false;
      } finally {
        go.removeAttribute('aria-busy');
      }
    });
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(result);
    });
    dialog.showModal();
    if (question.isDanger && !question.type) stop.focus();
  });
}

/**
 * A button that the caller's roles may not press stands there all the same, and says why not.
 * @param {string} text
 * @param {{kind?: 'primary' | 'danger' | '', reason: string | null, on: () => unknown, label?: string}} options `reason`: why it cannot be pressed; null where it can.
 */
export function button(text, { kind = '', reason, on, label }) {
  const element = h(`button${kind ? `.${kind}` : ''}`, { type: 'button', 'aria-label': label }, text);
  allow(element, reason);
  element.addEventListener('click', () => element.getAttribute('aria-disabled') !== 'true' && on());
  return element;
}

/** Says why a button cannot be pressed; null where it can. It keeps the focus, so that the reason is heard. */
export function allow(/** @type {HTMLElement} */ element, /** @type {string | null} */ reason) {
  if (reason) {
    element.setAttribute('aria-disabled', 'true');
    element.title = reason;
    element.setAttribute('aria-description', reason);
  } else {
    element.removeAttribute('aria-disabled');
    element.removeAttribute('title');
    element.removeAttribute('aria-description');
  }
}
