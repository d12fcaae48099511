// Tables: sorted by their heads, paged, read by screen readers, and no wider than their place.

import { fill, h, setText } from './dom.js';
import { count } from './format.js';
import { announce } from './live.js';

/**
 * @template T
 * @typedef {object} Column
 * @property {string} title
 * @property {(row: T) => import('./dom.js').Child} show
 * @property {((row: T) => string | number | null | undefined)} [sort] What rows are sorted by; without it the column cannot be sorted by.
 * @property {boolean} [isNumber] To the right.
 * @property {boolean} [isName] The row's head: what the row is about.
 * @property {string} [hint] What the column means.
 * @property {boolean} [isLong] May be broken into lines.
 */

/**
 * @template T
 * @param {object} options
 * @param {string} options.caption What the table is, for screen readers.
 * @param {Column<T>[]} options.columns
 * @param {T[]} [options.rows]
 * @param {number} [options.pageSize] Rows a page; 0 for all.
 * @param {{column: number, isDown: boolean}} [options.sort]
 * @param {string} [options.empty] What stands there without rows.
 * @param {(row: T) => string} [options.key] Rows with the same key keep their elements' focus when the table is updated.
 */
export function table({ caption, columns, rows = [], pageSize = 25, sort, empty = 'Nothing here.', key }) {
  let page = 0;
  let order = sort ?? null;
  let all = rows;
  const body = h('tbody', null);
  const heads = columns.map((column, index) => {
    const head = h('th', { scope: 'col', class: column.isNumber ? 'number' : '', title: column.hint });
    if (!column.sort) {
      fill(head, column.title);
      return head;
    }
    const press = () => {
      order = { column: index, isDown: order?.column === index ? !order.isDown : Boolean(column.isNumber) };
      page = 0;
      draw();
      announce(`Sorted by ${column.title}, ${order.isDown ? 'largest first' : 'smallest first'}`);
    };
    fill(head, h('button.sort', { type: 'button', on: { click: press } }, column.title, h('span.arrow', { 'aria-hidden': 'true' })));
    return head;
  });
  const back = h('button', { type: 'button', on: { click: () => turn(-1) } }, 'Back');
  const next = h('button', { type: 'button', on: { click: () => turn(1) } }, 'Next');
  const where = h('span.dim', null);
  const pager = h('nav.pager', { 'aria-label': `Pages of ${caption}` }, back, where, next);
  const element = h('div.tabled', null,
    h('div.scroll', { role: 'group', 'aria-label': caption, tabindex: '0' },
      h('table', null, h('caption.unseen', null, caption), h('thead', null, h('tr', null, ...heads)), body)),
    pager);

  const pages = () => (pageSize ? Math.max(1, Math.ceil(all.length / pageSize)) : 1);

  function turn(/** @type {number} */ step) {
    page = Math.min(Math.max(0, page + step), pages() - 1);
    draw();
    announce(`Page ${page + 1} of ${pages()}`);
  }

  function sorted() {
    const by = order && columns[order.column].sort;
    if (!order || !by) return all;
    const direction = order.isDown ? -1 : 1;
    const keyed = all.map((row, at) => ({ row, at, value: by(row) }));
    keyed.sort((a, b) => {
      const [left, right] = [a.value, b.value];
      const isLeftNone = left === null || left === undefined || Number.isNaN(left);
      const isRightNone = right === null || right === undefined || Number.isNaN(right);
      if (isLeftNone || isRightNone) return isLeftNone === isRightNone ? a.at - b.at : isLeftNone ? 1 : -1;
      return left < right ? -direction : left > right ? direction : a.at - b.at;
    });
    return keyed.map((k) => k.row);
  }

  function draw() {
    page = Math.min(page, pages() - 1);
    heads.forEach((head, index) => {
      if (!columns[index].sort) return;
      const is = order?.column === index;
      head.setAttribute('aria-sort', is ? (order?.isDown ? 'descending' : 'ascending') : 'none');
    });
    const shown = pageSize ? sorted().slice(page * pageSize, (page + 1) * pageSize) : sorted();
    const focus = document.activeElement?.closest('[data-key]')?.getAttribute('data-key');
    const tag = document.activeElement?.tagName;
    const name = document.activeElement?.textContent;
    const hadFocus = body.contains(document.activeElement);
    if (shown.length === 0) {
      fill(body, h('tr', null, h('td.dim', { colspan: columns.length }, empty)));
    } else {
      fill(body, shown.map((row) => h('tr', { 'data-key': key?.(row) }, columns.map((column) => {
        const kind = [column.isNumber ? 'number' : '', column.isLong ? 'long' : ''].filter(Boolean).join(' ');
        return h(column.isName ? 'th' : 'td', { class: kind || null, scope: column.isName ? 'row' : null }, column.show(row));
      }))));
    }
    if (hadFocus && focus) {
      const row = [...body.children].find((r) => r.getAttribute('data-key') === focus);
      const same = row && [...row.querySelectorAll('a, button, input')].find((e) => e.tagName === tag && e.textContent === name);
      /** @type {HTMLElement | undefined} */ (same)?.focus({ preventScroll: true });
    }
    pager.hidden = pages() === 1;
    back.disabled = page === 0;
    next.disabled = page >= pages() - 1;
    setText(where, `${count(page * pageSize + 1)}–${count(Math.min(all.length, (page + 1) * pageSize))} of ${count(all.length)}`);
  }

  draw();
  return {
    element,
    /** Shows other rows; page and order stay. */
    update(/** @type {T[]} */ rows) {
      all = rows;
      draw();
    },
  };
}

/** Names with their values, as a list of definitions. */
export function facts(/** @type {([string, import('./dom.js').Child] | null | false)[]} */ ...pairs) {
  return h('dl.facts', null, pairs.map((pair) => (pair ? h('div', null, h('dt', null, pair[0]), h('dd', null, pair[1])) : null)));
}
