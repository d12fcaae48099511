// The rows of a sweep: filtered, searched, a page at a time. What a page could not search in its time is said, and searched next.

import { get } from '../../lib/api.js';
import { crumbs, fill, h, setText } from '../../lib/dom.js';
import { count, fixed, plural } from '../../lib/format.js';
import { announce } from '../../lib/live.js';
import { empty, failed, loading } from '../../lib/states.js';
import { sweepPath } from './words.js';

const pageSize = 50;

/** The filters, as the address has them. */
const names = ['q', 'in', 'score_min', 'score_max', 'judge', 'unscored', 'without_score', 'category', 'source'];

/** @param {import('../../main.js').View} view @param {string} id */
export async function pairs({ root, signal, query, title }, id) {
  title(`Rows of sweep ${id}`);
  fill(root, loading());
  const path = `/v1/sweeps/${encodeURIComponent(id)}`;
  const [sweep, known] = await Promise.all([get(path, { signal }), get(`${path}/statistics`, { signal })]);

  const option = (/** @type {string} */ value, text = value) => h('option', { value }, text);
  const reasons = [...new Set(known.columns.flatMap((/** @type {any} */ c) => Object.keys(c.unscored)))].sort();
  const q = h('input', { type: 'search', name: 'q', autocomplete: 'off', spellcheck: 'false', maxlength: '500' });
  const where = h('select', { name: 'in' }, option('', 'everywhere'), option('prompt', 'in prompts'), option('answer', 'in answers'), option('id', 'in ids'));
  const judge = h('select', { name: 'judge' }, option('', 'aggregated score'), [...new Set(known.columns.map((/** @type {any} */ c) => c.column.name))].map((name) => option(/** @type {string} */ (name))));
  const least = h('input', { type: 'number', name: 'score_min', step: 'any', inputmode: 'decimal' });
  const most = h('input', { type: 'number', name: 'score_max', step: 'any', inputmode: 'decimal' });
  const reason = h('select', { name: 'unscored' }, option('', 'any or none'), option('any', 'some judgment has no score'), reasons.map((r) => option(/** @type {string} */ (r), `no score: ${r}`)));
  const choice = (/** @type {string} */ name, /** @type {any[]} */ rows, /** @type {boolean} */ hasMore) => (hasMore
    ? h('input', { name, autocomplete: 'off', placeholder: 'exactly' })
    : h('select', { name }, option('', 'all'), rows.map((r) => option(r.name, `${r.name} (${count(r.rows)})`))));
  const category = choice('category', known.categories, known.has_more_categories || !known.is_whole);
  const source = choice('source', known.sources, known.has_more_sources || !known.is_whole);
  const without = h('input', { type: 'checkbox', name: 'without_score', value: 'true' });
  const field = (/** @type {string} */ label, /** @type {HTMLElement} */ input) => h('label.field', null, h('span', null, label), input);
  const form = h('form.card', { role: 'search', 'aria-label': 'Filter rows', on: { submit: (/** @type {Event} */ e) => { e.preventDefault(); apply(); } } },
    h('div.fields', null, field('Text', q), field('Look', where), field('Score of', judge), field('At least', least), field('At most', most), field('Without a score', reason),
      known.categories.length ? field('Category', category) : null, known.sources.length ? field('Source', source) : null),
    h('div.row', null, h('button.primary', { type: 'submit' }, 'Find'), h('button', { type: 'button', on: { click: () => { form.reset(); apply(); } } }, 'Show all'),
      h('label.check', null, without, h('span', null, 'without an aggregated score alone'))));
  for (const name of names) {
    const input = form.elements.namedItem(name);
    const value = query.get(name);
    if (!input || value === null) continue;
    if (input === without) without.checked = value === 'true';
    else /** @type {any} */ (input).value = value;
    // A value that is in no list yet: it is offered all the same.
    if (input instanceof HTMLSelectElement && input.value !== value) {
      input.append(option(value));
      input.value = value;
    }
  }

  const body = h('tbody', null);
  const status = h('p.dim', { role: 'status' });
  const more = h('button', { type: 'button', on: { click: () => load() } }, 'Show more');
  const stop = h('button', { type: 'button', hidden: true, on: { click: () => searching?.abort() } }, 'Stop searching');
  const result = h('div', null);
  const isComparison = sweep.kind === 'comparisons';
  const list = h('div', null,
    h('div.scroll', { role: 'group', 'aria-label': 'Rows', tabindex: '0' }, h('table.pairs', null, h('caption.unseen', null, 'Rows'), h('thead', null, h('tr', null,
      ['Row', 'Prompt', isComparison ? 'Answers' : 'Answer', 'Score', 'Judges'].map((name) => h('th', { scope: 'col', class: name === 'Score' ? 'number' : null }, name)))), body)));
  fill(root,
    crumbs(['Sweeps', '#/sweeps'], [`Sweep ${id}`, sweepPath(id)]),
    h('h1', null, 'Rows'),
    h('div.stack', null, form, h('div.card', null, status, result, list, h('div.pager', null, more, stop))));

  /** What is asked for, of the form. */
  function asked() {
    const data = /** @type {Record<string, string>} */ ({});
    for (const name of names) {
      const input = /** @type {any} */ (form.elements.namedItem(name));
      if (!input) continue;
      if (input === without) {
        if (without.checked) data[name] = 'true';
      } else if (input.value !== '') {
        data[name] = input.value;
      }
    }
    // A judge alone asks for nothing; where to look without what likewise.
    if (data.judge && !data.unscored && !data.score_min && !data.score_max) delete data.judge;
    if (!data.q) delete data.in;
    return data;
  }

  let filter = asked();
  let next = /** @type {string | null} */ ('0.0');
  let shown = 0;
  /** @type {AbortController | null} */
  let searching = null;

  function apply() {
    const data = asked();
    const text = new URLSearchParams(data).toString();
    // The address says what is shown, so that it can be kept and sent; going back goes to the page before.
    history.replaceState(null, '', `${sweepPath(id, 'pairs')}${text ? `?${text}` : ''}`);
    filter = data;
    next = '0.0';
    shown = 0;
    body.replaceChildren();
    result.replaceChildren();
    load();
  }

  async function load() {
    searching?.abort();
    searching = new AbortController();
    const mine = searching;
    const both = AbortSignal.any([signal, mine.signal]);
    const goal = shown + pageSize;
    const before = shown;
    more.hidden = true;
    stop.hidden = false;
    fill(result);
    try {
      for (;;) {
        const page = await get(`${path}/pairs`, { query: { ...filter, from: next, limit: goal - shown }, signal: both });
        if (both.aborted) return;
        for (const row of page.pairs) body.append(line(row, page.columns));
        shown += page.pairs.length;
        next = page.next;
        const isAll = next === null;
        setText(status, isAll
          ? `${plural(shown, 'row')} of ${count(page.rows)}.${page.unfinished ? ' Rows that are not finished yet were not searched.' : ''}`
          : `${plural(shown, 'row')} so far; searched ${count(page.searched)} of ${count(page.rows)}.`);
        if (isAll || shown >= goal) break;
      }
      announce(`${plural(shown - before, 'row')} more.`);
      if (shown === 0) fill(result, empty(Object.keys(filter).length ? 'No finished row is like that.' : 'No row is finished yet.'));
    } catch (error) {
      if (signal.aborted) return;
      if (!mine.signal.aborted) fill(result, failed(error, () => load()));
      else setText(status, `${status.textContent} Stopped.`);
    } finally {
      if (searching === mine) {
        stop.hidden = true;
        more.hidden = next === null;
        setText(more, shown >= goal ? 'Show more' : 'Go on searching');
        list.hidden = shown === 0;
      }
    }
  }

  function line(/** @type {any} */ row, /** @type {any[]} */ columns) {
    return h('tr', null,
      h('th', { scope: 'row' }, h('a', { href: sweepPath(id, 'pairs', row.at) }, row.id), h('div.dim', null, `${count(row.number)}${row.category ? ` · ${row.category}` : ''}`)),
      h('td.long', null, h('div.clip', null, row.prompt)),
      h('td.long', null, h('div.clip', null, row.answer), row.answer_b === undefined ? null : h('div.clip.second', null, row.answer_b)),
      h('td.number', null, h('b', null, fixed(row.score)), row.interval ? h('div.dim', null, `${fixed(row.interval[0], 2)}–${fixed(row.interval[1], 2)}`) : null),
      h('td.judged', null, columns.map((column, i) => h('span.score', { title: row.unscored[i] ? `${column.name}: no score, ${row.unscored[i]}` : `${column.name} ${column.asked === 'score' ? '' : column.asked.replace('_', ' ')}`.trim() },
        h('span.dim', null, `${column.name} `), row.unscored[i] ? h('span.warn', null, row.unscored[i]) : number(row.values[i])))));
  }

  const number = (/** @type {number} */ value) => String(Number(value.toFixed(3)));

  load();
}
